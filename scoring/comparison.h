#pragma once

#include <optional>
#include <string>

#include "scoring/score.h"

namespace joulebench {

/// How two scores of one track and node relate.
struct Comparison {
  Estimate energy_ratio;        // joules per sample of A over B's
  bool energy_differs = false;  // the ratio's interval leaves out 1, and it is 1 % off or more
  Estimate metric_difference;   // A's less B's, in the metric's unit
  bool metric_differs = false;  // its interval leaves out 0
};

/// Energy by Welch's t interval on the logarithms of the blocks' joules per sample, with both
/// sensors' errors beside it in squares; the metric by Newcombe's interval from the two intervals
/// (Statistics in Medicine 17 (1998) 873-890, method 10), which is wide for the same samples;
/// without intervals no difference is sure. Absent when either has no energy or no such figure, or
/// they are scored by different metrics.
std::optional<Comparison> compare_scores(const Score& a, const Score& b, double confidence);

/// "A uses 23 % less energy than B (95 %: 19 to 27 %); accuracy cannot be told apart"; what may not
/// be compared (class, node, failure) is said instead.
std::string compare_in_words(const Score& a, const Score& b, double confidence);

}  // namespace joulebench
