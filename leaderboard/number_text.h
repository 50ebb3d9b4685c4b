#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/statistics.h"

namespace joulebench {

/// What stands where there is no figure.
constexpr const char* kNoFigure = "–";

// How numbers are written for people; stored figures stay unrounded.

/// A unit of energy that suits a column: its name and how many joules it is.
struct EnergyUnit {
  double joules = 1;
  const char* name = "J";  // "mJ", "µJ"
};
/// The largest unit in which the geometric mean of `joules` (positive ones) is at least 1.
EnergyUnit energy_unit_for(std::span<const double> joules);

/// The same for grams: "kg", "g", "mg", "µg".
struct MassUnit {
  double grams = 1;
  const char* name = "g";
};
MassUnit mass_unit_for(std::span<const double> grams);

/// Decimals that show the interval's half width with two digits, and of value and ends at most four
/// significant ones.
int decimals_of(const Estimate& estimate, double unit);

/// A share as percent, anything else as it is: what a reader sees of a metric, and its unit.
Estimate shown_metric(const Estimate& estimate, bool is_share);
const char* metric_unit(bool is_share);  // "%" or ""

/// "12.34", and "12.10 to 12.58" ("no interval" when there is none), rounded for reading.
std::string value_text(const Estimate& estimate, double unit);
std::string interval_text(const Estimate& estimate, double unit);
/// One energy in the unit that suits it: "12.34 mJ".
std::string joules_text(double joules);
/// Four significant digits, no exponent: "0.01235", "1235", "123500".
std::string short_number(double value);
/// At most so many significant digits, no exponent and no zeros behind the last: "0.07", "1.5".
std::string rounded_number(double value, int digits);

/// "1234567.25" -> "1 234 567.25", with narrow no-break spaces from five digits on; other text,
/// such as " to " between two numbers, stays.
std::string grouped(std::string_view numbers);

/// Bytes as "64 MB", which are 64,000,000.
std::string bytes_text(double bytes);
std::string bytes_text(std::uint64_t bytes);

/// Pads numbers on the right, so that right-aligned in a column their decimal points stand in line.
/// `digit` and `point` are what a missing digit and point are replaced by.
void align_decimals(std::vector<std::string>& numbers, std::string_view digit,
                    std::string_view point);

/// Places that `text` takes in a terminal, one per code point.
std::size_t text_width(std::string_view text);

}  // namespace joulebench
