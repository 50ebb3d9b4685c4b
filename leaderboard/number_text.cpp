#include "leaderboard/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace joulebench {
namespace {

constexpr int kMostDigits = 4;  // significant ones, of any number on a page

/// Of the first digit once `digits` significant ones are left: 9.9996 is 10.00, so 1.
int exponent_of(double value, int digits = kMostDigits) {
  const std::string text = fmt::format("{:.{}e}", std::abs(value), digits - 1);
  return static_cast<int>(std::strtol(text.c_str() + text.find('e') + 1, nullptr, 10));
}

/// Digits before the point that say nothing become 0: 184312 is "184300".
std::string fixed(double value, int decimals, int digits = kMostDigits) {
  if (const int more = exponent_of(value, digits) - digits + 1; more > 0) {
    const double step = std::pow(10.0, more);
    value = std::round(value / step) * step;
  }
  std::string text = fmt::format("{:.{}f}", value, std::max(decimals, 0));
  if (text[0] == '-' && text.find_first_not_of("-0.") == text.npos) text.erase(0, 1);
  return text;
}

/// Geometric mean of the positive ones; absent: there are none.
std::optional<double> typical(std::span<const double> values) {
  double logs = 0;
  int count = 0;
  for (const double value : values) {
    if (!(value > 0)) continue;
    logs += std::log(value);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return std::exp(logs / count);
}

}  // namespace

EnergyUnit energy_unit_for(std::span<const double> joules) {
  const std::optional<double> mean = typical(joules);
  if (!mean) return {};
  for (const EnergyUnit unit : {EnergyUnit{1e3, "kJ"}, EnergyUnit{1, "J"}, EnergyUnit{1e-3, "mJ"},
                                EnergyUnit{1e-6, "µJ"}}) {
    if (*mean >= unit.joules) return unit;
  }
  return {1e-9, "nJ"};
}

MassUnit mass_unit_for(std::span<const double> grams) {
  const std::optional<double> mean = typical(grams);
  if (!mean) return {};
  for (const MassUnit unit : {MassUnit{1e3, "kg"}, MassUnit{1, "g"}, MassUnit{1e-3, "mg"}}) {
    if (*mean >= unit.grams) return unit;
  }
  return {1e-6, "µg"};
}

int decimals_of(const Estimate& estimate, double unit) {
  const double value = estimate.value / unit;
  if (value == 0 || !std::isfinite(value)) return 0;
  double largest = std::abs(value);
  int decimals = 9;
  if (estimate.interval && std::isfinite(estimate.interval->high - estimate.interval->low)) {
    const auto [low, high] = *estimate.interval;
    largest = std::max({largest, std::abs(low / unit), std::abs(high / unit)});
    const double half = (high - low) / 2 / unit;
    if (half > 0) decimals = std::clamp(1 - exponent_of(half, 2), 0, 9);
  }
  return std::clamp(kMostDigits - 1 - exponent_of(largest), 0, decimals);
}

Estimate shown_metric(const Estimate& estimate, bool is_share) {
  if (!is_share) return estimate;
  Estimate percent{.value = estimate.value * 100, .interval = std::nullopt};
  if (estimate.interval) {
    percent.interval = Interval{estimate.interval->low * 100, estimate.interval->high * 100};
  }
  return percent;
}

const char* metric_unit(bool is_share) {
  return is_share ? "%" : "";
}

std::string value_text(const Estimate& estimate, double unit) {
  return fixed(estimate.value / unit, decimals_of(estimate, unit));
}

std::string interval_text(const Estimate& estimate, double unit) {
  if (!estimate.interval) return "no interval";
  const int decimals = decimals_of(estimate, unit);
  return fixed(estimate.interval->low / unit, decimals) + " to " +
         fixed(estimate.interval->high / unit, decimals);
}

std::string joules_text(double joules) {
  const double one[] = {std::abs(joules)};
  const EnergyUnit unit = energy_unit_for(one);
  return short_number(joules / unit.joules) + " " + unit.name;
}

std::string short_number(double value) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value);
  return fixed(value, std::min(kMostDigits - 1 - exponent_of(value), 12));
}

std::string rounded_number(double value, int digits) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value);
  std::string text = fixed(value, std::min(digits - 1 - exponent_of(value, digits), 12), digits);
  if (text.find('.') == text.npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string grouped(std::string_view numbers) {
  constexpr const char* kNarrowSpace = "\u202f";
  constexpr std::size_t kLeast = 5;  // digits that are grouped
  std::string text;
  bool is_fraction = false;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i;
    while (end < numbers.size() && numbers[end] >= '0' && numbers[end] <= '9') ++end;
    const std::size_t digits = end - i;
    for (std::size_t at = i; at < end; ++at) {
      const std::size_t left = end - at;
      if (!is_fraction && digits >= kLeast && at > i && left % 3 == 0) text += kNarrowSpace;
      text += numbers[at];
    }
    i = end;
    if (i == numbers.size()) break;
    is_fraction = numbers[i] == '.' && digits > 0;
    text += numbers[i++];
  }
  return text;
}

std::string bytes_text(double bytes) {
  const char* const names[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t name = 0;
  while (bytes >= 1000 && name + 1 < std::size(names)) {
    bytes /= 1000;
    ++name;
  }
  const bool whole = bytes == std::floor(bytes) || bytes >= 100;
  return fixed(bytes, whole ? 0 : 1) + " " + names[name];
}

std::string bytes_text(std::uint64_t bytes) {
  return bytes_text(static_cast<double>(bytes));
}

void align_decimals(std::vector<std::string>& numbers, std::string_view digit,
                    std::string_view point) {
  const auto decimals = [](const std::string& number) {
    const std::size_t at = number.find('.');
    return at == std::string::npos ? std::size_t{0} : number.size() - at - 1;
  };
  std::size_t most = 0;
  for (const std::string& number : numbers) most = std::max(most, decimals(number));
  for (std::string& number : numbers) {
    const std::size_t has = decimals(number);
    if (has == 0 && most > 0) number += point;
    for (std::size_t i = has; i < most; ++i) number += digit;
  }
}

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
  }));
}

}  // namespace joulebench
