#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/run/entry_run.h"

namespace joulebench {

/// The order in which a campaign runs blocks: entry indices, `blocks` of each, every round of one
/// block each in an order of its own, so that a machine that warms up or slows down does so for
/// all. A baseline, if there is one, comes first and last. A pure function of its arguments.
std::vector<std::size_t> campaign_order(std::size_t entries, int blocks,
                                        std::optional<std::size_t> baseline, std::uint64_t seed);

/// Runs all blocks that are missing, interleaved; void blocks are repeated at the end.
/// `after_block` is called when a block's record is on disk. Errors: those of run_next_block().
void run_campaign(std::span<EntryRun* const> runs, std::uint64_t seed,
                  const std::function<void(EntryRun&)>& before_block,
                  const std::function<void(EntryRun&)>& after_block);

}  // namespace joulebench
