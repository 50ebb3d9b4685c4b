#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "campaign/block_executor.h"
#include "core/clock.h"
#include "core/competition.h"
#include "core/run_record.h"
#include "submissions/submission.h"

namespace joulebench {

/// What the runs of all entries of one campaign share.
struct RunSetting {
  const Competition& competition;
  const Track& track;
  std::string dataset_sha256;
  std::string meters;  // the --meters list: runs under other meters are other runs
  std::string program_version;
  Clock& clock;
  BlockExecutor& executor;
};

/// Maximum number of blocks of one entry that are repeated because the machine drifted: on one that
/// never rests a campaign must end all the same.
constexpr int kDriftRepeats = 2;

/// All blocks of one submission on one track on one node: the record and its bookkeeping. The
/// executor runs the blocks. The record is on disk after every block: a process that is killed
/// loses at most the block in progress, and the next EntryRun over the same folder resumes there.
class EntryRun {
 public:
  /// Resumes the record in `record_folder` if it is of the same entry, rules, dataset and node;
  /// else starts one. Errors: Error when the folder holds a record that cannot be read or is of
  /// another run.
  EntryRun(Submission submission, bool is_baseline, const RunSetting& setting,
           std::filesystem::path record_folder);

  const RunRecord& record() const { return record_; }
  const std::filesystem::path& folder() const { return folder_; }

  /// Nothing is left to do: enough valid blocks, or failed.
  bool is_finished() const;
  int blocks_left() const;
  /// Rough time of what is left, for a progress line; absent before the first block.
  std::optional<Seconds> time_left() const;

  /// Has the entry prepared if that was not done; then has one block run, when idle power is back
  /// to `reference_idle` (see BlockSetting), and writes the record. A submission's failure ends the
  /// run with that outcome. Errors: those of BlockExecutor, Error when the record cannot be
  /// written; the record then is as before the block.
  void run_next_block(std::optional<Watts> reference_idle = {});

  /// A valid block that was measured on a machine that drifted counts no more and is repeated; its
  /// files and energy stay. False, and only a flag of the run, when kDriftRepeats blocks were.
  bool repeat_for_drift(int block, const std::string& why);
  /// For the reader of the result; one that is there already is not added again.
  void add_flag(const Flag& flag);

 private:
  EntryJob job() const;
  bool prepare();  // false: the submission failed
  void settle();
  void fail(Outcome outcome, std::string message, std::string log_tail);
  void grow_plan(const BlockRecord& block);
  void write();

  Submission submission_;
  const RunSetting& setting_;
  std::filesystem::path folder_;
  RunRecord record_;
  std::optional<BlockPlan> plan_;  // once the entry is prepared
  std::optional<Seconds> last_block_;
};

/// The name of a run's folder: readable, and its own for each entry, rules, dataset, node and
/// meters.
std::string run_folder_name(const Submission& submission, const RunSetting& setting);

}  // namespace joulebench
