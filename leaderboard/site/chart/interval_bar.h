#pragma once

#include <string>
#include <vector>

#include "core/statistics.h"
#include "scoring/figures.h"

namespace joulebench {

/// An interval as a bar with its estimate as a tick, on a scale shared by a column.
struct BarScale {
  double low = 0;
  double high = 1;
  bool logarithmic = false;

  void widen(const Estimate& estimate);
};
/// What a path draws of it in kBarWidth x 9 pixels.
constexpr double kBarWidth = 96;
std::string interval_path(const Estimate& estimate, const BarScale& scale);
std::string interval_bar(const Estimate& estimate, const BarScale& scale);

/// Shares of CPU, DRAM, GPU and others side by side; of each that has any the right end.
std::string share_bar(const EnergyShares& shares);
/// "CPU 90 %, DRAM 10 %"
std::string share_words(const EnergyShares& shares);

}  // namespace joulebench
