#include "scoring/power.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <stdexcept>

#include "core/statistics.h"
#include "scoring/contest.h"

namespace joulebench {
namespace {

double normal_above(double value) {
  return 0.5 * std::erfc(value / std::sqrt(2.0));
}

}  // namespace

std::optional<std::uint64_t> right_answers_to_prove(double floor, std::uint64_t samples,
                                                    double confidence) {
  if (samples == 0) throw std::logic_error("bug: no samples prove nothing");
  const auto proves = [&](std::uint64_t right) {
    const double share = static_cast<double>(right) / static_cast<double>(samples);
    return wilson_interval(share, samples, 2 * confidence - 1).low >= floor;
  };
  if (!proves(samples)) return std::nullopt;
  std::uint64_t low = 0, high = samples;  // the bound rises with the right answers
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (proves(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return high;
}

double power_to_differ(double difference, double noise, int blocks, double error) {
  if (blocks < 2) return 0;
  const double degrees = 2.0 * (blocks - 1);
  const double deviation = noise * std::sqrt(2.0 / blocks);  // of the difference of two means
  const double critical = upper_t_quantile(error / 2, degrees);
  const double margin = std::log1p(kEquivalenceMargin);
  const double truth = std::log1p(difference);
  if (!(deviation > 0)) return truth >= margin ? 1 : 0;
  const boost::math::chi_squared_distribution<double> spread(degrees);
  constexpr int kSteps = 200;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double estimated = std::sqrt(boost::math::quantile(spread, (i + 0.5) / kSteps) / degrees);
    const double least = std::max(margin, critical * deviation * estimated);
    sum += normal_above((least - truth) / deviation);
  }
  return sum / kSteps;
}

std::optional<int> blocks_to_differ(double difference, double noise, double error, double power,
                                    int most) {
  for (int blocks = 2; blocks <= most; ++blocks) {
    if (power_to_differ(difference, noise, blocks, error) >= power) return blocks;
  }
  return std::nullopt;
}

}  // namespace joulebench
