#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/run_record.h"

namespace joulebench {

/// Design.md 5.10: two blocks of the baseline that differ by more than this share tell that the
/// machine was another one in between.
constexpr double kMostDrift = 0.03;

/// A valid block that lies between two neighbouring baseline blocks which differ too much.
struct DriftedBlock {
  std::size_t run = 0;  // index into the records
  int block = 0;        // its number
  double shift = 0;     // later over earlier baseline block, less 1
};

/// What the baseline's valid blocks, in the order in which all blocks ran, say about the others.
struct DriftFinding {
  std::vector<DriftedBlock> blocks;
  double largest = 0;  // shift, by size
  /// Most of at least three neighbours differ: one block of the baseline says less than the rule
  /// asks for, and repeating others would not mend that. `blocks` is then empty.
  bool is_noise = false;
};

/// A pure function of the records; `baseline` is an index into them.
DriftFinding find_drift(std::span<const RunRecord* const> records, std::size_t baseline);

/// The run whose valid block ran last; none: no block is valid.
std::optional<std::size_t> last_to_run(std::span<const RunRecord* const> records);

/// Of a block, of the domains of the total; absent: not known, or not positive.
std::optional<double> joules_per_sample(const BlockRecord& block);

/// Standard deviation of a run's valid blocks around the mean of their session, relative; absent
/// below three degrees of freedom.
std::optional<double> noise_of(const RunRecord& record);

/// Idle power of the domains of the total before a block; absent: not measured.
std::optional<Watts> idle_before(const BlockRecord& block);

/// Idle power before the first of all blocks: what a campaign waits for before each of the others.
std::optional<Watts> reference_idle(std::span<const RunRecord* const> records);

}  // namespace joulebench
