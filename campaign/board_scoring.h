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

/// How a stored score differs from its record's, in words; both empty: it is the same.
struct ScoreDifference {
  std::string problem;  // it was altered, or its record was
  std::string note;     // another version computed it, in part otherwise
};

/// Scores single records of any board: opens each track's dataset once.
class BoardScoring {
 public:
  /// `datasets` is looked in first.
  BoardScoring(std::filesystem::path datasets, ScorerCallbacks callbacks);
  ~BoardScoring();

  /// The record's score under the track's rules, whatever rules it ran under. Errors: Error when
  /// the dataset is not there, or the record's files are missing, altered or of another dataset.
  Score score(const Competition& competition, const Track& track, RunRecord record,
              const std::filesystem::path& folder, FilesRead* read = nullptr);

  /// The same of a record that comes from elsewhere: each prediction must be one that a program may
  /// give (a class of the dataset, a finite number, probabilities that sum to 1). Errors: Error
  /// naming the block and the first that is not; those of score().
  Score score_untrusted(const Competition& competition, const Track& track, const RunRecord& record,
                        const std::filesystem::path& folder);

  /// Computes an entry's score again from its record and says what differs from the one that is
  /// stored. A score that another version of the program computed may have other parts or
  /// intervals, which is a note; its figures themselves must be the record's. `read` is told of the
  /// files that were read for it.
  ScoreDifference check(const Competition& competition, const Track& track, const BoardEntry& entry,
                        FilesRead* read = nullptr);

 private:
  struct TrackScorer;
  TrackScorer& scorer_of(const Competition& competition, const Track& track);

  std::filesystem::path datasets_;
  ScorerCallbacks callbacks_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<TrackScorer>> tracks_;
};

}  // namespace joulebench
