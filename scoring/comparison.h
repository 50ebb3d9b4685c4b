#pragma once

#include <optional>
#include <span>
#include <string>

#include "scoring/contest.h"
#include "scoring/score.h"

namespace joulebench {

/// How two scores of one track and section relate.
struct Comparison {
  Estimate energy_ratio;  // joules per sample of A over B's
  Relation energy = Relation::undecided;
  bool energy_differs = false;  // less or more
  Estimate metric_difference;   // A's less B's, in the metric's unit
  bool metric_differs = false;  // its interval leaves out 0
};

/// A's metric less B's, in the metric's unit, by Newcombe's interval from the two intervals
/// (Statistics in Medicine 17 (1998) 873-890, method 10), which is wide for the same samples.
/// Without intervals nothing is significant. Absent: one has no such figure, or another metric.
struct MetricDifference {
  Estimate difference;
  bool differs = false;  // its interval leaves out 0
};
std::optional<MetricDifference> metric_difference(const Score& a, const Score& b);

/// Energy by the test that ranks (scoring/contest.h), with the blocks of `others` of the same
/// section for the effects of rounds; the metric by metric_difference(). Absent when either has no
/// energy or no such figure, when they are scored by different metrics, belong to different
/// sections (class, node, source, domains, environment), or ran in sessions without a common
/// baseline.
std::optional<Comparison> compare_scores(const Score& a, const Score& b, double confidence,
                                         std::span<const Score> others = {});

/// "A uses 23 % less energy than B (95 %: 19 to 27 %); accuracy does not differ significantly";
/// what may not be compared (class, node, source, failure) is said instead.
std::string compare_in_words(const Score& a, const Score& b, double confidence,
                             std::span<const Score> others = {});

}  // namespace joulebench
