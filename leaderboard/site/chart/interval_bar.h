#pragma once

#include <string>

#include "core/statistics.h"

namespace joulebench {

/// An interval as a bar with its estimate as a tick, on a scale shared by a column.
struct BarScale {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
};
std::string interval_bar(const Estimate& estimate, const BarScale& scale);

}  // namespace joulebench
