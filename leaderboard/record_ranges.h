#pragma once

#include <string>
#include <vector>

#include "core/run_record.h"

namespace joulebench {

/// What in a record no machine and no harness can have written: numbers that are not finite or are
/// negative, more power than most_watts() in a domain or more packages than CPUs, less than
/// kLeastWatts over a measured block, less energy than in its windows, digests that are not 64
/// hexadecimal digits, counts that do not add up, times out of order, texts beyond all limits. In
/// words, with the block's number; empty when all is in range.
std::vector<std::string> out_of_range(const RunRecord& record);

/// The same of a block's readings: not finite, decreasing, or against time.
std::vector<std::string> out_of_range(const EnergyTrace& trace);

/// More than one domain of this kind draws: a package or its parts 2 kW, a GPU 5 kW, what stands
/// for a whole machine a rack's 100 kW.
Watts most_watts(DomainKind kind);

/// Less than a machine that runs draws in the domains of a measured total.
inline constexpr double kLeastWatts = 1e-3;

/// Whether `text` is a SHA-256: 64 lower-case hexadecimal digits.
bool is_sha256(const std::string& text);

}  // namespace joulebench
