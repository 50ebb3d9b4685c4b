#pragma once

#include <cstddef>
#include <vector>

#include "core/competition.h"
#include "core/units.h"

namespace joulebench {

/// A round of a planned session takes at most this long as a rule, so that the baseline, which has
/// a block somewhere in each round, runs at least every hour.
constexpr Seconds kLongestRound{1800};

/// How many entries may share a session beside `baselines`: at least one.
std::size_t most_in_session(const Track& track, std::size_t baselines);

/// Deals `entries` out to sessions on `nodes` machines (at least 1): as few sessions as the two
/// bounds allow, a multiple of the machines where each machine has several, and of the same size,
/// give or take one. The result holds the entries' indices. A pure function of its arguments.
std::vector<std::vector<std::size_t>> share_out(std::size_t entries, std::size_t nodes,
                                                std::size_t most);

}  // namespace joulebench
