#include "core/carbon.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "core/error.h"
#include "embedded/core_text.h"

namespace joulebench {
namespace {

std::vector<GridIntensity> parse_table(std::string_view text) {
  std::vector<GridIntensity> table;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.starts_with('#')) continue;
    const auto comma = line.find(',');
    GridIntensity one{.country = std::string(line.substr(0, comma)),
                      .year = 2023,
                      .source = "Ember and Energy Institute, by Our World in Data"};
    const auto [end, error] =
        std::from_chars(line.data() + comma + 1, line.data() + line.size(), one.grams_per_kwh);
    if (comma == line.npos || error != std::errc() || end != line.data() + line.size()) {
      throw std::logic_error("bug: the table of grid intensities is damaged");
    }
    table.push_back(std::move(one));
  }
  return table;
}

}  // namespace

std::span<const GridIntensity> grid_intensities() {
  static const std::vector<GridIntensity> table = parse_table(core_text::kGridIntensityCsv);
  return table;
}

double grams_co2e(Joules energy, const CarbonRule& rule) {
  constexpr double kJoulesPerKwh = 3.6e6;
  return energy.value / kJoulesPerKwh * rule.pue * rule.grid.grams_per_kwh;
}

std::optional<CarbonRule> carbon_rule_of(const nlohmann::json& competition,
                                         const std::string& name) {
  if (!competition.contains("carbon")) return {};
  const auto& carbon = competition["carbon"];
  const auto fail = [&name](const std::string& found, const std::string& hint) -> Error {
    return Error({.what = "a competition's carbon figure cannot be had",
                  .where = name + ": field 'carbon': " + found,
                  .hint = hint});
  };
  CarbonRule rule;
  rule.pue = carbon.value("pue", 1.0);
  if (carbon.contains("country") == carbon.contains("grams_per_kwh")) {
    throw fail("either 'country' or 'grams_per_kwh' was expected", "");
  }
  if (carbon.contains("grams_per_kwh")) {
    if (!carbon.contains("source") || !carbon.contains("year")) {
      throw fail("'grams_per_kwh' without 'source' and 'year'", "say where the figure is from");
    }
    rule.grid = {.country = "",
                 .grams_per_kwh = carbon["grams_per_kwh"],
                 .year = carbon["year"],
                 .source = carbon["source"]};
    return rule;
  }
  const std::string country = carbon["country"];
  std::string known;
  for (const GridIntensity& one : grid_intensities()) {
    if (one.country == country) {
      rule.grid = one;
      return rule;
    }
    known += (known.empty() ? "" : " ") + one.country;
  }
  throw fail("there is no figure for '" + country + "' among " + known,
             "give your own: \"grams_per_kwh\", \"source\", \"year\"");
}

}  // namespace joulebench
