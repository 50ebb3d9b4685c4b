#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "campaign/entry_run.h"
#include "campaign/participants.h"
#include "campaign/plan.h"
#include "campaign/record_scorer.h"
#include "leaderboard/store.h"

namespace joulebench {

/// What is done of a campaign, and what is left.
struct EvaluationState {
  int blocks = 0;  // of all entries together
  int left = 0;
  std::optional<Seconds> time_left;  // absent before the first block of this call
  int entry = 0;                     // whose block comes next, 1-based; 0: no one's
  int entries = 0;
};

/// Called while a campaign goes on; each may be empty.
struct EvaluationObserver {
  std::function<void(const Refused&)> on_refused;
  /// Another measurement holds the machine, in words: it is waited for.
  std::function<void(const std::string&)> on_wait;
  std::function<void(const EntryRun&, const EvaluationState&)> before_block;
  std::function<void(const EntryRun&)> after_block;  // its record is on disk and stored
  /// A record was changed for a reason that lies outside its blocks, in words.
  std::function<void(const EntryRun&, const std::string&)> on_note;
  /// Asked to stop: what was finished is kept.
  std::function<void(const EvaluationState&)> on_interrupted;
};

/// One track's campaign: the runs of its participants, resumed where records are there.
class Evaluation {
 public:
  /// `records` is the folder of all records of the track. `setting` must outlive it. Errors: Error
  /// when a record cannot be read.
  Evaluation(const Participants& participants, const RunSetting& setting,
             std::filesystem::path records);

  /// With the blocks that records on disk ask for, where the track adds blocks. Errors: those of
  /// RecordScorer::score().
  CampaignPlan plan(const RecordScorer& scorer);
  /// Runs all blocks that are missing; stores each as soon as it is there, and scores at the end,
  /// also when it is interrupted. Errors: Error, Interrupted, as of run_campaign().
  void run(Store& store, const RecordScorer& scorer, const EvaluationObserver& observer);
  /// Every participant could be read and is valid, but for those that were taken out of the ranks
  /// before their blocks were complete.
  bool all_valid() const;
  std::span<const std::unique_ptr<EntryRun>> runs() const { return runs_; }

 private:
  int blocks_left() const;
  EvaluationState state(int left_at_start, SteadyTime start) const;
  void stop_if_withdrawn(const Store& store, EntryRun& run,
                         const EvaluationObserver& observer) const;
  void run_blocks(Store& store, const RecordScorer& scorer, const EvaluationObserver& observer,
                  int left_at_start, SteadyTime start);
  bool add_blocks(const RecordScorer& scorer, const EvaluationObserver& observer);
  void store_scores(Store& store, const RecordScorer& scorer) const;

  const RunSetting& setting_;
  std::filesystem::path records_;
  std::vector<Refused> refused_;
  std::vector<std::unique_ptr<EntryRun>> runs_;
};

}  // namespace joulebench
