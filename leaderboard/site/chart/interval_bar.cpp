#include "leaderboard/site/chart/interval_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "leaderboard/site/chart/axes.h"

namespace joulebench {
namespace {

int position(double value, const BarScale& scale) {
  const auto scaled = [&](double one) { return scale.logarithmic ? std::log(one) : one; };
  const double from = scaled(scale.low);
  const double to = scaled(scale.high);
  const double share = to > from ? (scaled(value) - from) / (to - from) : 0.5;
  return static_cast<int>(std::lround(1 + std::clamp(share, 0.0, 1.0) * (kBarWidth - 2)));
}

std::array<std::pair<const char*, double>, 4> parts_of(const EnergyShares& shares) {
  return {
      {{"CPU", shares.cpu}, {"DRAM", shares.dram}, {"GPU", shares.gpu}, {"other", shares.other}}};
}

}  // namespace

void BarScale::widen(const Estimate& estimate) {
  const Interval interval = reach(estimate);
  low = std::min(low, interval.low);
  high = std::max(high, interval.high);
}

std::string interval_path(const Estimate& estimate, const BarScale& scale) {
  const int value = position(estimate.value, scale);
  std::string d = fmt::format("M{} 0v9", value);
  if (estimate.interval) {
    const int low = position(estimate.interval->low, scale);
    const int high = std::max(low + 1, position(estimate.interval->high, scale));
    d += fmt::format("M{} 5H{}", low, high);
  }
  return d;
}

std::string interval_bar(const Estimate& estimate, const BarScale& scale) {
  return "<svg class=b><path d=\"" + interval_path(estimate, scale) + "\"/></svg>";
}

std::string share_bar(const EnergyShares& shares) {
  std::string svg = "<svg class=b>";
  double from = 0;
  int number = 0;
  for (const auto& [name, share] : parts_of(shares)) {
    ++number;
    if (share < 5e-4) continue;
    svg += fmt::format("<path class=s{} d=\"M{} 5h{}\"/>", number, px(from), px(share * kBarWidth));
    from += share * kBarWidth;
  }
  return svg + "</svg>";
}

std::string share_words(const EnergyShares& shares) {
  std::string words;
  for (const auto& [name, share] : parts_of(shares)) {
    if (share < 5e-4) continue;
    words += fmt::format("{}{} {:.0f} %", words.empty() ? "" : ", ", name, 100 * share);
  }
  return words;
}

}  // namespace joulebench
