#pragma once

#include <optional>
#include <span>

namespace joulebench {

/// Which value lies far from the others: on the logarithm, Grubbs' test at kOutlierError, and over
/// 1 % from the median. Fixed in advance; an outlier is flagged, never dropped. Of clean blocks
/// with normal noise that share of entries is flagged, however many blocks there are. Absent below
/// four values. Source  F. E. Grubbs, Technometrics 11 (1969) 1-21.
std::optional<std::size_t> outlier(std::span<const double> values);
constexpr double kOutlierError = 0.04;

/// A point of accuracy against energy: less of both is better.
struct TradeOff {
  double error = 0;   // 1 - accuracy, or the metric itself where less is better
  double joules = 0;  // > 0
};
/// Share of the rectangle of (error, log joules) between two corners that the non-dominated points
/// dominate, in [0, 1]. `worst` bounds both axes; points outside count as on the edge.
double hypervolume_share(std::span<const TradeOff> points, TradeOff best, TradeOff worst);

}  // namespace joulebench
