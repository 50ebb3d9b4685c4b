#include "scoring/energy_statistics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/statistics.h"

namespace joulebench {
namespace {

/// Largest distance from the mean, in standard deviations, that n clean values reach.
double grubbs_limit(double n, double error) {
  const double t = upper_t_quantile(error / (2 * n), n - 2);
  return (n - 1) / std::sqrt(n) * std::sqrt(t * t / (n - 2 + t * t));
}

}  // namespace

std::optional<std::size_t> outlier(std::span<const double> values) {
  if (values.size() < 4) return std::nullopt;
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  const Sample sample = sample_of(logs);
  const auto distance = [&](double log) { return std::abs(log - sample.mean); };
  const auto farthest = std::max_element(
      logs.begin(), logs.end(), [&](double a, double b) { return distance(a) < distance(b); });
  const bool is_far =
      distance(*farthest) > grubbs_limit(sample.count, kOutlierError) * std::sqrt(sample.variance);
  if (!is_far || std::abs(*farthest - median_of(logs)) <= std::log(1.01)) return std::nullopt;
  return static_cast<std::size_t>(farthest - logs.begin());
}

double hypervolume_share(std::span<const TradeOff> points, TradeOff best, TradeOff worst) {
  const double width = std::log(worst.joules / best.joules);
  const double height = worst.error - best.error;
  if (!(width > 0) || !(height > 0)) throw std::logic_error("bug: a hypervolume without room");
  // Each point as shares of the rectangle from the best corner, least energy first.
  std::vector<std::pair<double, double>> shares;
  for (const TradeOff& point : points) {
    shares.emplace_back(std::clamp(std::log(point.joules / best.joules) / width, 0.0, 1.0),
                        std::clamp((point.error - best.error) / height, 0.0, 1.0));
  }
  std::sort(shares.begin(), shares.end());
  double volume = 0;
  double lowest_error = 1;
  for (const auto& [energy, error] : shares) {
    if (error >= lowest_error) continue;
    volume += (1 - energy) * (lowest_error - error);
    lowest_error = error;
  }
  return volume;
}

}  // namespace joulebench
