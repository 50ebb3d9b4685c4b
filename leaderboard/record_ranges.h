#pragma once

#include <string>
#include <vector>

#include "core/run_record.h"

namespace joulebench {

/// What in a record no machine and no harness can have written: numbers that are not finite or are
/// negative, more power than kMostWatts in a domain, digests that are not 64 hexadecimal digits,
/// counts that do not add up, times out of order. In words, with the block's number; empty when all
/// is in range.
std::vector<std::string> out_of_range(const RunRecord& record);

/// More than any one domain of a machine draws: a whole rack's power.
inline constexpr double kMostWatts = 100e3;

/// Whether `text` is a SHA-256: 64 lower-case hexadecimal digits.
bool is_sha256(const std::string& text);

}  // namespace joulebench
