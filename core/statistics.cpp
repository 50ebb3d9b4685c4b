#include "core/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>
#include <stdexcept>

namespace joulebench {

namespace statistics = boost::math::statistics;

Estimate scaled(const Estimate& estimate, double factor) {
  Estimate result{.value = estimate.value * factor, .interval = std::nullopt};
  if (estimate.interval) {
    result.interval = Interval{estimate.interval->low * factor, estimate.interval->high * factor};
  }
  return result;
}

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), probability);
}

double t_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees), probability);
}

double upper_t_quantile(double beyond, double degrees) {
  return boost::math::quantile(
      boost::math::complement(boost::math::students_t_distribution<double>(degrees), beyond));
}

double median_of(std::vector<double> values) {
  if (values.empty()) throw std::logic_error("bug: median of nothing");
  return statistics::median(values);
}

MedianSpread median_and_mad(std::span<const double> values) {
  MedianSpread result{.median = median_of({values.begin(), values.end()})};
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - result.median));
  result.mad = median_of(std::move(distances));
  return result;
}

Sample sample_of(std::span<const double> values) {
  if (values.empty()) throw std::logic_error("bug: mean of nothing");
  Sample sample{.count = static_cast<double>(values.size()),
                .mean = statistics::mean(values.begin(), values.end())};
  if (values.size() > 1) {
    sample.variance = statistics::sample_variance(values.begin(), values.end());
  }
  return sample;
}

double t_half_width(const Sample& sample, double confidence) {
  if (sample.count < 2) throw std::logic_error("bug: a t interval of a single value");
  return t_quantile((1 + confidence) / 2, sample.degrees()) * std::sqrt(sample.variance_of_mean());
}

Estimate mean_of(std::span<const double> values, double confidence) {
  const Sample sample = sample_of(values);
  Estimate estimate{.value = sample.mean, .interval = std::nullopt};
  if (values.size() < 2) return estimate;
  const double half = t_half_width(sample, confidence);
  estimate.interval = Interval{sample.mean - half, sample.mean + half};
  return estimate;
}

WelchDifference welch(const Sample& a, const Sample& b) {
  if (a.count < 2 || b.count < 2) throw std::logic_error("bug: Welch's test of a single value");
  const double of_a = a.variance_of_mean();
  const double of_b = b.variance_of_mean();
  const double sum = of_a + of_b;
  // Without any noise the degrees of freedom do not matter.
  const double degrees = sum > 0
                             ? sum * sum / (of_a * of_a / a.degrees() + of_b * of_b / b.degrees())
                             : a.degrees() + b.degrees();
  return {.difference = a.mean - b.mean, .variance = sum, .degrees = degrees};
}

double t_half_width(const WelchDifference& difference, double confidence) {
  return t_quantile((1 + confidence) / 2, difference.degrees) * std::sqrt(difference.variance);
}

WilsonScore wilson_score(double proportion, std::uint64_t trials, double confidence) {
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
  return {.z = z,
          .centre = centre,
          .half_width = half,
          .interval = {.low = proportion == 0 ? 0 : std::clamp(centre - half, 0.0, proportion),
                       .high = proportion == 1 ? 1 : std::clamp(centre + half, proportion, 1.0)}};
}

Interval wilson_interval(double proportion, std::uint64_t trials, double confidence) {
  return wilson_score(proportion, trials, confidence).interval;
}

namespace {

/// How probable fewer than `count` of `trials` successes are, and half of exactly so many.
double mid_below(double count, double trials, double share) {
  const boost::math::binomial_distribution<double> of(trials, share);
  const double exactly = boost::math::pdf(of, count);
  const double below = count > 0 ? boost::math::cdf(of, count - 1) : 0;
  return below + exactly / 2;
}

}  // namespace

PairedShares paired_shares(std::uint64_t only_first, std::uint64_t only_second,
                           std::uint64_t trials, double confidence) {
  if (trials == 0 || only_first > trials || only_second > trials - only_first) {
    throw std::logic_error("bug: more pairs that differ than there are");
  }
  const double first = static_cast<double>(only_first), second = static_cast<double>(only_second);
  const double all = static_cast<double>(trials);
  PairedShares result{.difference = (first - second) / all, .p_value = 1, .interval = {0, 0}};
  if (first + second > 0) {
    result.p_value = std::min(1.0, 2 * mid_below(std::min(first, second), first + second, 0.5));
  }
  // Half a trial more in each of the four cells.
  const double trial_sum = all + 2, differing = first + second + 1;
  const double centre = (first - second) / trial_sum;
  const double half = normal_quantile((1 + confidence) / 2) *
                      std::sqrt(differing / trial_sum - centre * centre) / std::sqrt(trial_sum);
  result.interval = {.low = centre - half, .high = centre + half};
  // What the test says of 0 the interval says too; they part at the limit only.
  const bool differs = result.p_value < 1 - confidence;
  double& nearer = centre > 0 ? result.interval.low : result.interval.high;
  if (differs == (result.interval.low <= 0 && result.interval.high >= 0)) nearer = 0;
  return result;
}

double GeometricMean::sensor() const {
  return std::log1p(relative_error);
}

GeometricMean geometric_mean_of(std::span<const EnergyFigure> figures, double confidence) {
  std::vector<double> logs;
  GeometricMean result;
  for (const EnergyFigure& figure : figures) {
    if (!(figure.value > 0) || !std::isfinite(figure.value)) {
      throw std::logic_error("bug: mean of a figure that is not positive");
    }
    logs.push_back(std::log(figure.value));
    result.relative_error += figure.relative_error / static_cast<double>(figures.size());
  }
  result.logs = sample_of(logs);
  result.estimate.value = std::exp(result.logs.mean);
  if (figures.size() < 2) return result;
  result.t = t_quantile((1 + confidence) / 2, result.logs.degrees());
  result.noise = t_half_width(result.logs, confidence);
  result.half_width = std::hypot(result.noise, result.sensor());
  result.estimate.interval = Interval{.low = std::exp(result.logs.mean - result.half_width),
                                      .high = std::exp(result.logs.mean + result.half_width)};
  return result;
}

Estimate geometric_mean(std::span<const EnergyFigure> figures, double confidence) {
  return geometric_mean_of(figures, confidence).estimate;
}

}  // namespace joulebench
