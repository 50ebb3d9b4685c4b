#include "leaderboard/site/chart/interval_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "leaderboard/site/chart/axes.h"

namespace joulebench {

std::string interval_bar(const Estimate& estimate, const BarScale& scale) {
  const auto map = [&](double value) { return scale.logarithmic ? std::log(value) : value; };
  const Axis x{map(scale.low), map(scale.high), 2, 94};
  const auto at = [&](double value) {
    return std::clamp(x.high > x.low ? x.at(map(value)) : 48.0, 2.0, 94.0);
  };
  std::string svg =
      "<svg class=\"bar\" viewBox=\"0 0 96 14\" width=\"96\" height=\"14\" aria-hidden=\"true\">";
  svg += line(2, 7, 94, 7, "track");
  if (estimate.interval) {
    const double left = at(estimate.interval->low);
    const double right = at(estimate.interval->high);
    svg += fmt::format("<rect x=\"{}\" y=\"4\" width=\"{}\" height=\"6\" class=\"span\"/>",
                       px(left), px(std::max(right - left, 1.0)));
  }
  return svg + line(at(estimate.value), 1, at(estimate.value), 13, "value") + "</svg>";
}

}  // namespace joulebench
