#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace joulebench {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A number and how sure it is; without interval when one block or one sample cannot give one.
struct Estimate {
  double value = 0;
  std::optional<Interval> interval;
};

/// Wilson's score interval of a proportion, in [0, 1].
/// Source  E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; z is the normal quantile of
///         (1 + confidence) / 2.
/// Errors  std::logic_error when trials is 0 or proportion lies outside [0, 1].
Interval wilson_interval(double proportion, std::uint64_t trials, double confidence);

/// Quantiles: of the normal distribution, and of Student's t with `degrees` degrees of freedom.
double normal_quantile(double probability);
double t_quantile(double probability, double degrees);

/// One block's figure for the mean: joules per sample, and how far the sensor may be off.
struct EnergyFigure {
  double value = 0;           // > 0
  double relative_error = 0;  // half width of the sensor's 95 % interval, over value
};

/// Geometric mean over blocks. On the logarithm the half width is sqrt((t s / sqrt n)^2 + e^2): t
/// for n - 1 degrees of freedom, s the blocks' standard deviation, e = ln(1 + mean relative error),
/// which repeating does not average out. No interval below two figures. Errors  std::logic_error
/// when there is no figure or one is not positive and finite.
Estimate geometric_mean(std::span<const EnergyFigure> figures, double confidence);

}  // namespace joulebench
