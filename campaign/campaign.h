#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "campaign/entry_run.h"
#include "core/clock.h"

namespace joulebench {

/// The order in which a campaign runs blocks: entry indices, `blocks` of each, every round of one
/// block each in an order of its own, so that a machine that warms up or slows down does so for
/// all. A baseline, if there is one, comes first and last. A pure function of its arguments.
std::vector<std::size_t> campaign_order(std::size_t entries, int blocks,
                                        std::optional<std::size_t> baseline, std::uint64_t seed);

/// Machines change with the hour: that long at most the entries between two blocks of the baseline
/// take, but for the one that runs then.
constexpr Seconds kLongestWithoutBaseline{3000};

/// Callbacks while a campaign runs.
struct CampaignEvents {
  std::function<void(EntryRun&)> before_block;  // may stop() it: then the block is not run
  std::function<void(EntryRun&)> after_block;   // its record is on disk
  /// A record was changed for a reason that lies outside its blocks, in words.
  std::function<void(EntryRun&, const std::string&)> on_note;
};

/// Runs all blocks that are missing, interleaved in the rounds of a session, each when idle power
/// is back to that before the first; void blocks are repeated at the end, in rounds of their own.
/// With a baseline the last block is one of its own, each round of what is repeated has one, and
/// one runs whenever kLongestWithoutBaseline went by without; blocks between two of its blocks that
/// differ by more than 3 % are repeated, up to kDriftRepeats of each entry; where most of its
/// blocks differ, that is noise: nothing is repeated, and each entry is flagged. An entry that the
/// executor cannot run (its problem()) is tried once more when the others are done, and the
/// campaign goes on without it. Errors: those of run_next_block(); the problem itself where no
/// entry could be run.
void run_campaign(std::span<EntryRun* const> runs, std::uint64_t seed, const Clock& clock,
                  const CampaignEvents& events);

/// Index of the run that serves as baseline: the first that is one.
std::optional<std::size_t> baseline_of(std::span<const EntryRun* const> runs);

}  // namespace joulebench
