#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "campaign/outside_scorer.h"
#include "core/competition.h"
#include "core/run_record.h"
#include "datasets/labels.h"
#include "scoring/score.h"

namespace joulebench {

/// Files of a record's blocks that were read and had their digests: block's number, file's name.
using FilesRead = std::set<std::pair<int, std::string>>;

/// What a scorer asks of its caller and reports to it.
struct ScorerCallbacks {
  std::function<bool()> stopped;  // asked to end early
  /// The organizer's program failed on a record: why, and its log; both printable.
  std::function<void(const std::string& problem, const std::string& log)> on_failure;
};

/// Scores runs of one track from their records, by the program that the track names where it names
/// one. `labelled` must outlive it.
class RecordScorer {
 public:
  /// Errors: Error when the dataset cannot be scored by the track's metric, or the organizer's
  /// program is not there; before anything runs.
  RecordScorer(const Competition& competition, const Track& track, const LabelledDataset& labelled,
               const std::filesystem::path& scratch, ScorerCallbacks callbacks);

  /// Errors: Error when the record's files are missing or altered, or of another dataset; what went
  /// wrong in the organizer's program is a reason in the score and goes to on_failure. `read` is
  /// told of the files, also where one of them ends the scoring.
  Score score(const RunRecord& record, const std::filesystem::path& folder,
              FilesRead* read = nullptr) const;

 private:
  const LabelledDataset& labelled_;
  ScorerCallbacks callbacks_;
  std::vector<double> numbers_;
  std::vector<std::int32_t> validation_;  // labels that checkpoints are scored by
  std::optional<OutsideScorer> outside_;
};

}  // namespace joulebench
