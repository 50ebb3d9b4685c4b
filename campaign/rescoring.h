#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/record_scorer.h"
#include "core/clock.h"
#include "core/competition.h"
#include "core/run_record.h"
#include "leaderboard/store.h"
#include "scoring/score.h"

namespace joulebench {

/// The runs of one track of a board, scored again from their records.
struct RescoredTrack {
  std::string competition_id;
  Track track;                     // whose rules scored them
  std::vector<RunRecord> records;  // in the board's order
  std::vector<Score> scores;       // of the records, one each
  std::vector<bool> is_damaged;    // a record is gone, altered or of an unknown version
};

/// What shall be scored again.
struct RescoringRequest {
  std::optional<Competition> competition;  // replaces the stored one of its id; absent: all stored
  std::filesystem::path datasets;          // looked in first
  ScorerCallbacks scorer;
};

/// Scores a board's runs under the rules in force now and stores the scores beside the old ones; a
/// record that is gone, altered or of an unknown version gets a score that says so. Runs nothing
/// but the organizer's scorer. Errors: Error when the competition is not in the store, or a dataset
/// is not there; Interrupted.
std::vector<RescoredTrack> rescore(Store& store, const RescoringRequest& request, Clock& clock);

}  // namespace joulebench
