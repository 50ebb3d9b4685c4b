#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/competition.h"
#include "core/file.h"
#include "core/run_record.h"
#include "datasets/dataset.h"
#include "harness/block/block.h"
#include "submissions/submission.h"

namespace joulebench {

/// What all entries of one campaign share.
struct RunSetting {
  const Competition& competition;
  const Track& track;
  const Dataset& dataset;
  MeterOpener open_meters;
  std::string meters;  // the --meters list: runs under other meters are other runs
  Clock& clock;
  std::filesystem::path scratch;  // inputs and staged submissions; tmpfs where there is one
  std::string program_version;
  bool require_limits = false;
  std::function<bool()> stopped;
  std::function<void(std::string)> on_phase;
};

/// So many blocks of one entry are repeated because the machine drifted, at most: on one that never
/// rests a campaign must end all the same.
constexpr int kDriftRepeats = 2;

/// All blocks of one submission on one track on this node, with the record that grows beside it.
/// The record is on disk after every block: whoever dies loses at most the block in progress, and
/// the next EntryRun over the same folder goes on from there.
class EntryRun {
 public:
  /// Goes on with the record in `record_folder` if it is of the same entry, rules, dataset and
  /// node; else starts one. Errors: Error when the folder holds a record that cannot be read.
  EntryRun(Submission submission, bool is_baseline, const RunSetting& setting,
           std::filesystem::path record_folder);

  const RunRecord& record() const { return record_; }
  const std::filesystem::path& folder() const { return folder_; }
  const Submission& submission() const { return submission_; }

  /// Nothing is left to do: enough valid blocks, or failed.
  bool is_finished() const;
  int blocks_left() const;
  /// Rough time of what is left, for a progress line; absent before the first block.
  std::optional<Seconds> time_left() const;

  /// Stages, builds and pilots if that was not done; then runs one block, when idle power is back
  /// to `reference_idle` (see BlockSetting), and writes the record. A submission's failure ends the
  /// run with that outcome. Errors: Error when we cannot go on, Interrupted; the record then is as
  /// before the block.
  void run_next_block(std::optional<Watts> reference_idle = {});

  /// A valid block that was measured on a machine that drifted counts no more and is repeated; its
  /// files and energy stay. False, and only a flag of the run, when kDriftRepeats blocks were.
  bool repeat_for_drift(int block, const std::string& why);
  /// For the reader of the result; one that is there already is not added again.
  void add_flag(const Flag& flag);

 private:
  void settle();
  void fail(Outcome outcome, std::string message, std::string log_tail);
  void grow_plan(const BlockRecord& block);
  void write();

  Submission submission_;
  const RunSetting& setting_;
  std::filesystem::path folder_;
  RunRecord record_;
  std::optional<TemporaryFolder> staging_;
  std::optional<BlockPlan> plan_;
  std::optional<Seconds> last_block_;
};

/// Why a submission could not be built, for its author.
struct BuildFailure {
  std::string message;
  std::string log_tail;
};

/// Copies the submission into `folder` (ours, empty) and runs its build steps on the copy, each in
/// a sandbox of its own with no network, and with the public part alone at /jb/public, to train
/// with. Errors: Error when we cannot go on, Interrupted.
std::optional<BuildFailure> stage_and_build(const Submission& submission, const RunSetting& setting,
                                            const std::filesystem::path& folder);

/// The name of a run's folder: readable, and its own for each entry, rules, dataset, node and
/// meters.
std::string run_folder_name(const Submission& submission, const RunSetting& setting);

}  // namespace joulebench
