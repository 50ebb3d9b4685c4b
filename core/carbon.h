#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/units.h"

namespace joulebench {

/// Grams of CO2 equivalent that a grid emits per kilowatt-hour, and who says so.
struct GridIntensity {
  std::string country;  // ISO 3166-1 alpha-2, or WORLD
  double grams_per_kwh = 0;
  int year = 0;
  std::string source;
};

/// National averages of published statistics, shipped with the program; sorted by country.
std::span<const GridIntensity> grid_intensities();

/// How a competition turns joules into gCO2e. Shown, never ranked by.
struct CarbonRule {
  GridIntensity grid;
  double pue =
      1;  // power usage effectiveness: all that the building uses per what its computers use
};

/// gCO2e = kWh x PUE x intensity.
double grams_co2e(Joules energy, const CarbonRule& rule);

/// The `carbon` of a competition.json: a country of the table, or the organizer's own figure.
/// Absent where the competition states none. Errors: Error naming the file, the country and those
/// known.
std::optional<CarbonRule> read_carbon_rule(const std::filesystem::path& competition_file);
/// The same from the file's text; `name` is for messages.
std::optional<CarbonRule> parse_carbon_rule(std::string_view text, const std::string& name);

}  // namespace joulebench
