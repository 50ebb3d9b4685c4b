#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "campaign/record_scorer.h"
#include "core/competition.h"
#include "core/run_record.h"
#include "leaderboard/store.h"
#include "scoring/score.h"

namespace joulebench {

/// Scores single records of any board: opens each track's dataset once.
class BoardScoring {
 public:
  /// `datasets` is looked in first.
  BoardScoring(std::filesystem::path datasets, ScorerCallbacks callbacks);
  ~BoardScoring();

  /// The record's score under the track's rules, whatever rules it ran under. Errors: Error when
  /// the dataset is not there, or the record's files are missing, altered or of another dataset.
  Score score(const Competition& competition, const Track& track, RunRecord record,
              const std::filesystem::path& folder);

  /// The same of a record that comes from elsewhere: each prediction must be one that a program may
  /// give (a class of the dataset, a finite number, probabilities that sum to 1). Errors: Error
  /// naming the block and the first that is not; those of score().
  Score score_untrusted(const Competition& competition, const Track& track, const RunRecord& record,
                        const std::filesystem::path& folder);

  /// Computes an entry's score again from its record. Empty: it is the one that is stored; else
  /// what differs, in words.
  std::string check(const Competition& competition, const Track& track, const BoardEntry& entry);

 private:
  struct TrackScorer;
  TrackScorer& scorer_of(const Competition& competition, const Track& track);

  std::filesystem::path datasets_;
  ScorerCallbacks callbacks_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<TrackScorer>> tracks_;
};

}  // namespace joulebench
