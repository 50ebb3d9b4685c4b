#pragma once

#include <span>
#include <string>

#include "core/run_record.h"
#include "scoring/score.h"

namespace joulebench {

/// Every step from counters to the figures of a score, with its numbers, for a pocket calculator.
/// Ends before the rank, which depends on the others: see explain_rank().
std::string explain_score(const RunRecord& record, const Score& score);

/// Why the entry at `index` of `scores` stands where it stands, or has no rank.
std::string explain_rank(std::span<const Score> scores, const Track& track, std::size_t index);

}  // namespace joulebench
