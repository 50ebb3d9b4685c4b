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

/// The number between two commas, or behind the last; it must fill the place.
template <class Number>
Number number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::logic_error("bug: the table of grid intensities is damaged");
  }
  return number;
}

/// "DE,DEU,344.14,2024"
GridIntensity parse_line(std::string_view line, const std::string& source) {
  std::vector<std::string_view> cells;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    cells.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  if (cells.size() != 4) throw std::logic_error("bug: the table of grid intensities is damaged");
  return {.country = std::string(cells[0]),
          .three_letters = std::string(cells[1]),
          .grams_per_kwh = number_in<double>(cells[2]),
          .year = number_in<int>(cells[3]),
          .source = source};
}

/// The last comment before the figures says whose they are.
std::vector<GridIntensity> parse_table(std::string_view text) {
  std::vector<GridIntensity> table;
  std::string source;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with("# ")) {
      source = line.substr(2);
    } else if (!line.empty()) {
      table.push_back(parse_line(line, source));
    }
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
                 .three_letters = "",
                 .grams_per_kwh = carbon["grams_per_kwh"],
                 .year = carbon["year"],
                 .source = carbon["source"]};
    return rule;
  }
  const std::string country = carbon["country"];
  std::string known;
  for (const GridIntensity& one : grid_intensities()) {
    if (one.country == country || one.three_letters == country) {
      rule.grid = one;
      return rule;
    }
    known += (known.empty() ? "" : " ") + one.country;
  }
  throw fail("there is no figure for '" + country + "' among " + known,
             "give your own: \"grams_per_kwh\", \"source\", \"year\"");
}

}  // namespace joulebench
