#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/competition.h"
#include "core/run_record.h"
#include "datasets/dataset.h"
#include "harness/run/outside_scorer.h"
#include "scoring/score.h"

namespace joulebench {

/// Scores runs of one track from their records, by the program that the track names where it names
/// one. `dataset` must outlive it.
class RecordScorer {
 public:
  /// Errors: Error when the dataset cannot be scored by the track's metric, or the organizer's
  /// program is not there; before anything runs.
  RecordScorer(const Competition& competition, const Track& track, const Dataset& dataset,
               const std::filesystem::path& scratch);

  /// Errors: Error when the record's files are missing or altered, or of another dataset; what went
  /// wrong in the organizer's program is a reason in the score, and its log goes to stderr.
  Score score(const RunRecord& record, const std::filesystem::path& folder) const;

 private:
  const Dataset& dataset_;
  std::vector<double> numbers_;
  std::vector<std::int32_t> validation_;  // labels that checkpoints are scored by
  std::optional<OutsideScorer> outside_;
};

}  // namespace joulebench
