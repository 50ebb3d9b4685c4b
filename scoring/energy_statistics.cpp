#include "scoring/energy_statistics.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace joulebench {

std::vector<bool> outliers(std::span<const double> values) {
  std::vector<bool> result(values.size(), false);
  if (values.size() < 4) return result;
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  const MedianSpread spread = median_and_mad(logs);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const double distance = std::abs(logs[i] - spread.median);
    result[i] = 0.6745 * distance > 3.5 * spread.mad && distance > std::log(1.01);
  }
  return result;
}

Interval bootstrap_geometric_mean(std::span<const double> values, double confidence,
                                  std::uint64_t seed, int resamples) {
  if (values.empty() || resamples < 1) throw std::logic_error("bug: bootstrap of nothing");
  std::mt19937_64 random(seed);
  std::vector<double> means;
  for (int i = 0; i < resamples; ++i) {
    double sum = 0;
    // By hand: the standard leaves a distribution's sequence to the library.
    for (std::size_t j = 0; j < values.size(); ++j)
      sum += std::log(values[random() % values.size()]);
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  const auto at = [&](double share) {
    return std::exp(means[static_cast<std::size_t>(share * static_cast<double>(means.size() - 1))]);
  };
  return {at((1 - confidence) / 2), at((1 + confidence) / 2)};
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
