#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/clock.h"
#include "core/file.h"
#include "core/metric.h"
#include "core/run_record.h"
#include "datasets/labels.h"

namespace joulebench {

/// The organizer's program that computes a track's metric, run in a sandbox of its own without
/// network. It sees its own files, the labels and predictions that were checked; nothing else of a
/// submission. Called as COMMAND… /jb/in/labels.npy /jb/in/predictions-N.npy… (one file per valid
/// block, as the record keeps them), it prints {"score": x} or {"score": x, "interval": [low,
/// high]} as its last line that begins with a brace.
class OutsideScorer {
 public:
  /// Takes a copy of its files. Errors: Error when its folder is not there or holds a link.
  OutsideScorer(const Metric& metric, const std::filesystem::path& competition_file,
                const std::filesystem::path& scratch);

  /// Scores a run from its record's folder. What the program does wrong is the result's problem.
  /// Errors: Error when predictions are missing or altered, or no sandbox can be had.
  OutsideScore score(const RunRecord& record, const std::filesystem::path& record_folder,
                     const LabelledDataset& labelled, Clock& clock,
                     const std::function<bool()>& stopped) const;

  /// The last lines of its stderr in the latest call; for the organizer alone, it may hold labels.
  const std::string& log_tail() const { return log_tail_; }

 private:
  Metric metric_;
  std::filesystem::path scratch_;
  TemporaryFolder files_;
  std::string sha256_;
  mutable std::string log_tail_;
};

/// What the program printed, as a score; `output` is untrusted.
OutsideScore parse_outside_score(const std::string& output, const Metric& metric);

}  // namespace joulebench
