#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace joulebench {

// Each formula once, with its source. Quantiles and moments are Boost.Math's. Errors of all:
// std::logic_error when there is nothing to compute from.

struct Interval {
  double low = 0;
  double high = 0;
};

/// A number and how sure it is; without interval when one block or one sample cannot give one.
struct Estimate {
  double value = 0;
  std::optional<Interval> interval;
};
/// In another unit: value and interval times `factor`, which is positive.
Estimate scaled(const Estimate& estimate, double factor);

/// Quantiles: of the normal distribution, and of Student's t with `degrees` degrees of freedom.
double normal_quantile(double probability);
double t_quantile(double probability, double degrees);
/// The same with `beyond` to the right of it: exact for tails that 1 - probability would round.
double upper_t_quantile(double beyond, double degrees);

/// Of an even number of values the mean of the middle two.
double median_of(std::vector<double> values);

/// Median, and the median of the distances from it (unscaled).
struct MedianSpread {
  double median = 0;
  double mad = 0;
};
MedianSpread median_and_mad(std::span<const double> values);

/// What a mean is computed from: how many values, their mean, their variance.
struct Sample {
  double count = 0;
  double mean = 0;
  double variance = 0;  // over count - 1; 0 of a single value

  double degrees() const { return count - 1; }
  double variance_of_mean() const { return variance / count; }
};
Sample sample_of(std::span<const double> values);

/// Half width of Student's interval of the mean. Errors: std::logic_error below two values.
/// Source  Student, Biometrika 6 (1908) 1-25.
double t_half_width(const Sample& sample, double confidence);
/// Mean with that interval; of a single value without.
Estimate mean_of(std::span<const double> values, double confidence);

/// The difference of two means whose variances may differ, with Satterthwaite's degrees of freedom.
/// Source  B. L. Welch, Biometrika 34 (1947) 28-35; F. E. Satterthwaite, Biometrics Bulletin 2
///         (1946) 110-114.
/// Errors  std::logic_error when either has less than two values.
struct WelchDifference {
  double difference = 0;
  double variance = 0;  // of the difference
  double degrees = 0;
};
WelchDifference welch(const Sample& a, const Sample& b);
double t_half_width(const WelchDifference& difference, double confidence);

/// Wilson's score interval of a proportion, in [0, 1], with what it is made of.
/// Source  E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; z is the normal quantile of
///         (1 + confidence) / 2.
/// Errors  std::logic_error when trials is 0 or proportion lies outside [0, 1].
struct WilsonScore {
  double z = 0;
  double centre = 0;
  double half_width = 0;
  Interval interval;
};
WilsonScore wilson_score(double proportion, std::uint64_t trials, double confidence);
Interval wilson_interval(double proportion, std::uint64_t trials, double confidence);

/// Shares of successes of two series over the same trials, each trial compared with itself.
struct PairedShares {
  double difference = 0;  // the first's less the second's
  double p_value = 1;     // two-sided: McNemar's exact test, mid-p
  Interval interval;  // of the difference; 0 lies inside where p_value is not below 1 - confidence
};
/// Of `trials` trials `only_first` succeeded in the first series alone, `only_second` in the second
/// alone. The interval is Agresti and Min's, whose end is moved to 0 where the test says otherwise.
/// Source  Q. McNemar, Psychometrika 12 (1947) 153-157; M. W. Fagerland, S. Lydersen, P. Laake, BMC
///         Medical Research Methodology 13 (2013) 91: the mid-p version is neither as conservative
///         as the exact one nor exceeds its error; A. Agresti, Y. Min, Statistics in Medicine 24
///         (2005) 729-740: half a trial added to each cell.
/// Errors  std::logic_error when there are no trials, or more that differ than trials.
PairedShares paired_shares(std::uint64_t only_first, std::uint64_t only_second,
                           std::uint64_t trials, double confidence);

/// One block's figure for the mean: joules per sample, and how far the sensor may be off.
struct EnergyFigure {
  double value = 0;           // > 0
  double relative_error = 0;  // half width of the sensor's 95 % interval, over value
};

/// Geometric mean over blocks with what it is made of. On the logarithm the half width is
/// sqrt((t s / sqrt n)^2 + e^2): t for n - 1 degrees of freedom, s the blocks' standard deviation,
/// e = ln(1 + mean relative error), which repeating does not average out. No interval below two
/// figures. Errors  std::logic_error when a figure is not positive and finite.
struct GeometricMean {
  Sample logs;                // of the figures' logarithms
  double relative_error = 0;  // mean over the figures
  double t = 0;               // this and the two below: 0 below two figures
  double noise = 0;           // t s / sqrt n
  double half_width = 0;      // on the logarithm
  Estimate estimate;

  double sensor() const;  // e, on the logarithm
};
GeometricMean geometric_mean_of(std::span<const EnergyFigure> figures, double confidence);
Estimate geometric_mean(std::span<const EnergyFigure> figures, double confidence);

}  // namespace joulebench
