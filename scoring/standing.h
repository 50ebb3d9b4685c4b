#pragma once

#include <span>
#include <string>
#include <vector>

#include "scoring/score.h"

namespace joulebench {

/// Where a score would stand beside the `others` by its track's rule, a sentence for each category:
/// "accuracy at least 90 %: place 1 of 2"; or why it would not rank: "would not rank: accuracy at
/// least 76.2 % (lower bound) is below the lowest floor, 80 %". Errors: those of rank_scores().
std::vector<std::string> standing_in_words(const Score& score, std::span<const Score> others,
                                           const Track& track);

/// What a run shows of where its energy goes besides computing, a sentence each: CPUs that wait,
/// the fixed cost of a request and what of it belongs into loading, an interpreter. `command` is
/// the entry's; empty: it is not at hand. Nothing is said that the record does not show.
std::vector<std::string> energy_hints(const RunRecord& record, const Score& score,
                                      std::span<const std::string> command = {});

}  // namespace joulebench
