#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "campaign/record_scorer.h"
#include "core/competition.h"
#include "leaderboard/store.h"

namespace joulebench {

/// What was found of one entry of a board.
struct EntryCheck {
  std::vector<std::string> problems;  // in words; empty: all is well
  std::string note;                   // what another version computed otherwise; empty: nothing
  std::size_t files = 0;              // that were looked at
  bool is_scored = false;             // its score was computed again
};

/// How check_entries() computes scores.
struct ScoreCheck {
  bool wanted = false;             // else only files are looked at
  std::filesystem::path datasets;  // looked in first
  ScorerCallbacks callbacks;       // called from several threads
};

/// Checks the files that the records of a track's entries name, and their scores, on up to four
/// CPUs at once. Result: one for each entry, in order. Errors: Error when the dataset is not there.
std::vector<EntryCheck> check_entries(const Competition& competition, const Track& track,
                                      std::span<const BoardEntry> entries,
                                      const ScoreCheck& scores);

}  // namespace joulebench
