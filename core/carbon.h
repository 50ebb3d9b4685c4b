#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/units.h"

namespace joulebench {

/// Grams of CO2 equivalent that a grid emits per kilowatt-hour, and who says so.
struct GridIntensity {
  std::string country;        // ISO 3166-1 of two letters, EU or WORLD; empty: an organizer's own
  std::string three_letters;  // the same of three
  double grams_per_kwh = 0;
  int year = 0;
  std::string source;
};

/// National averages of published statistics, each of the newest year that the source has, shipped
/// with the program; sorted by country. core/update_grid_intensity.py makes the table.
std::span<const GridIntensity> grid_intensities();

/// How a competition turns joules into gCO2e. Shown, never ranked by.
struct CarbonRule {
  GridIntensity grid;
  double pue =
      1;  // power usage effectiveness: all that the building uses per what its computers use
};

/// gCO2e = kWh x PUE x intensity.
double grams_co2e(Joules energy, const CarbonRule& rule);

/// The `carbon` of a competition that was checked with its schema: a country of the table, or the
/// organizer's own figure. Absent where the competition states none; `name` is for messages.
/// Errors: Error naming the file, the country and those known.
std::optional<CarbonRule> carbon_rule_of(const nlohmann::json& competition,
                                         const std::string& name);

}  // namespace joulebench
