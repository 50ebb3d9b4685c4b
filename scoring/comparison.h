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
  bool metric_differs = false;
  double error = 0.05;                   // of the pair's energies, two-sided
  std::optional<double> metric_p_value;  // of McNemar's test; absent: answers were not paired
};

/// A's metric less B's, in the metric's unit. Accuracies of the same samples by the paired answers:
/// McNemar's test (core/statistics.h, paired_shares()) and its interval; trainings, other metrics
/// and scores whose answers are not known here by Newcombe's interval from the two intervals
/// (Statistics in Medicine 17 (1998) 873-890, method 10), which is wide for the same samples.
/// Without intervals nothing is significant. Absent: one has no such figure, or another metric.
struct MetricDifference {
  Estimate difference;
  bool differs = false;
  std::optional<double> p_value;  // of McNemar's test; absent: answers were not paired
};
std::optional<MetricDifference> metric_difference(const Score& a, const Score& b,
                                                  double confidence);

/// Energy by the test that ranks (compare_energy()), with `others` of the board beside the two; the
/// metric by metric_difference(). Absent where compare_in_words() says why.
std::optional<Comparison> compare_scores(const Score& a, const Score& b, const Track& track,
                                         std::span<const Score> others = {});
/// By no track's rules: at this confidence, with any number of blocks.
std::optional<Comparison> compare_scores(const Score& a, const Score& b, double confidence,
                                         std::span<const Score> others = {});

/// "A uses 23 % less energy than B (95 %: 19 to 27 %); accuracy does not differ significantly";
/// what may not be compared (class, node, source, failure) is said instead.
std::string compare_in_words(const Score& a, const Score& b, const Track& track,
                             std::span<const Score> others = {});
std::string compare_in_words(const Score& a, const Score& b, double confidence,
                             std::span<const Score> others = {});

}  // namespace joulebench
