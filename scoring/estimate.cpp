#include "scoring/estimate.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <stdexcept>

namespace joulebench {

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), probability);
}

double t_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees), probability);
}

Interval wilson_interval(double proportion, std::uint64_t trials, double confidence) {
  if (trials == 0 || !(proportion >= 0 && proportion <= 1)) {
    throw std::logic_error("bug: Wilson interval of no trials or of no proportion");
  }
  const double n = static_cast<double>(trials);
  const double z = normal_quantile((1 + confidence) / 2);
  const double z2 = z * z;
  const double centre = (proportion + z2 / (2 * n)) / (1 + z2 / n);
  const double half =
      z / (1 + z2 / n) * std::sqrt(proportion * (1 - proportion) / n + z2 / (4 * n * n));
  // At 0 and 1 the formula meets the bound exactly; rounding must not leave it on the wrong side.
  return {.low = proportion == 0 ? 0 : std::clamp(centre - half, 0.0, proportion),
          .high = proportion == 1 ? 1 : std::clamp(centre + half, proportion, 1.0)};
}

Estimate geometric_mean(std::span<const EnergyFigure> figures, double confidence) {
  if (figures.empty()) throw std::logic_error("bug: mean of no blocks");
  const double n = static_cast<double>(figures.size());
  double log_sum = 0;
  double error_sum = 0;
  for (const EnergyFigure& figure : figures) {
    if (!(figure.value > 0) || !std::isfinite(figure.value)) {
      throw std::logic_error("bug: mean of a figure that is not positive");
    }
    log_sum += std::log(figure.value);
    error_sum += figure.relative_error;
  }
  const double log_mean = log_sum / n;
  Estimate estimate{.value = std::exp(log_mean), .interval = std::nullopt};
  if (figures.size() < 2) return estimate;
  double squares = 0;
  for (const EnergyFigure& figure : figures) {
    const double off = std::log(figure.value) - log_mean;
    squares += off * off;
  }
  const double standard_error = std::sqrt(squares / (n - 1) / n);
  const double half = std::hypot(t_quantile((1 + confidence) / 2, n - 1) * standard_error,
                                 std::log1p(error_sum / n));
  estimate.interval = Interval{.low = std::exp(log_mean - half), .high = std::exp(log_mean + half)};
  return estimate;
}

}  // namespace joulebench
