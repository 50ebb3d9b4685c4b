#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "campaign/entry_run.h"
#include "core/competition.h"

namespace joulebench {

/// What a track's campaign has left to do, for a look before it runs.
struct CampaignPlan {
  struct Entry {
    std::string name;
    bool is_baseline = false;
    int blocks_left = 0;
  };
  Track track;
  std::vector<Entry> entries;
  std::vector<std::size_t> order;  // of the blocks that are left, as indices into `entries`
  /// Of what is left: blocks with what is around them, pilots and builds, the share of blocks that
  /// is repeated, scoring. The search for labels only as it is where it was done before.
  Seconds time{0};
  /// Standard deviation of the baseline's blocks in their sessions, relative; absent: it has not
  /// enough of them yet.
  std::optional<double> noise;
  bool time_is_bound = false;  // it is the most that trainings may take, not an estimate
  /// Where the track adds blocks: of all that it may add to what is left, as if every entry stayed
  /// tied with the leader; never more than its most_time leaves.
  Seconds most_added{0};
  std::uint64_t hidden_samples = 0;  // of the test part
  Seconds round_time{0};             // of one block of each entry
};

/// What the blocks of these records took in all, with idle windows and launches.
Seconds time_spent(std::span<const std::unique_ptr<EntryRun>> runs);
/// Of one block of a run, as long as its last one took; else as most are.
Seconds block_time(const EntryRun& run, const Track& track);

/// What one block takes as a rule, of an entry that nothing is known of yet; the most that a
/// training may take.
Seconds expected_block_time(const Track& track);

/// A pure function of its arguments.
CampaignPlan plan_campaign(const Track& track, std::span<const std::unique_ptr<EntryRun>> runs,
                           std::uint64_t seed, const std::string& now_utc);

/// The seed of a campaign's order as `folder` keeps it: drawn once, so that a resumed campaign has
/// the same order. Errors: Error when its file cannot be read or written.
std::uint64_t campaign_seed(const std::filesystem::path& folder);
/// Absent: none was drawn yet.
std::optional<std::uint64_t> known_campaign_seed(const std::filesystem::path& folder);

}  // namespace joulebench
