#pragma once

#include <cstdint>
#include <optional>

namespace joulebench {

// What a competition can show before it runs: which floors its test part proves, and how many
// blocks it takes to tell two entries apart.

/// The least number of right answers out of `samples` whose one-sided lower bound (Wilson) at
/// `confidence` is at least `floor`; absent: not even all of them prove it.
/// Errors: std::logic_error when samples is 0.
std::optional<std::uint64_t> right_answers_to_prove(double floor, std::uint64_t samples,
                                                    double confidence);

/// How often the ranking's test calls two entries different in the right direction.
/// `difference`  of their energies, relative: 0.03 is 3 %
/// `noise`       standard deviation of a block's energy, relative, rounds taken out
/// `blocks`      of each, at least 2
/// `error`       two-sided, of the pair: 1 - ranking.confidence
/// Welch's test with equal noises, 2 (blocks - 1) degrees of freedom, and the equivalence margin;
/// averaged over what the noise is estimated to be. What rounds add to the noise is left out.
double power_to_differ(double difference, double noise, int blocks, double error);

/// The least number of blocks, at most `most`, with at least that `power`; absent: so many are not
/// enough. A difference within the equivalence margin is never found.
std::optional<int> blocks_to_differ(double difference, double noise, double error, double power,
                                    int most = 200);

}  // namespace joulebench
