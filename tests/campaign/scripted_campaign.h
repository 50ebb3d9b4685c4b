#pragma once

#include <memory>
#include <string>
#include <vector>

#include "campaign/evaluation.h"
#include "core/file.h"
#include "datasets/labels.h"
#include "support/scripted_executor.h"

namespace joulebench {

/// A competition of one track, four blocks each, whose blocks a ScriptedExecutor runs.
class ScriptedCampaign {
 public:
  /// Names begin with different letters; the first is the baseline.
  explicit ScriptedCampaign(std::vector<std::string> names);

  /// The campaign over what records are there, as a new call of the program would see it.
  Evaluation open();
  /// Runs what is missing, and keeps notes. Errors: as Evaluation::run().
  void run();

  /// What its runs share, and what scores them.
  RunSetting setting();
  RecordScorer scorer() const;

  const RunRecord& record(const std::string& name) const;
  int count(const std::string& name, Outcome outcome) const;

  FakeClock clock;
  ScriptedExecutor executor{clock};
  Competition competition;
  LabelledDataset labelled;
  Participants participants;
  Store store{":memory:"};
  std::vector<std::string> notes;
  bool all_valid = false;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<RunSetting> setting_;
  std::vector<RunRecord> records_;
};

}  // namespace joulebench
