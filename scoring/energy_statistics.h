#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/statistics.h"

namespace joulebench {

/// Which values lie far from the others: on the logarithm, 0.6745 |x - median| / MAD above 3.5
/// (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993), and over 1 % from the median.
/// Fixed in advance; an outlier is flagged, never dropped. Below four values none.
std::vector<bool> outliers(std::span<const double> values);

/// Percentile bootstrap of the geometric mean, a cross-check of geometric_mean(): seeded, so the
/// same figures give the same interval. Narrower than the t interval for few values, as it knows no
/// t.
Interval bootstrap_geometric_mean(std::span<const double> values, double confidence,
                                  std::uint64_t seed, int resamples = 2000);

/// Share of the rectangle of (error, log joules) between the corner of the worst and the corner of
/// the best that the non-dominated points dominate, in [0, 1]. `worst` bounds both axes; points
/// outside count as on the edge.
struct TradeOff {
  double error = 0;   // 1 - accuracy
  double joules = 0;  // per sample, > 0
};
double hypervolume_share(std::span<const TradeOff> points, TradeOff best, TradeOff worst);

}  // namespace joulebench
