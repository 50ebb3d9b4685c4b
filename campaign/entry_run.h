#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/block_executor.h"
#include "core/clock.h"
#include "core/competition.h"
#include "core/error.h"
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
  /// Files that sandboxes cannot open, and why; absent: nobody looked for such files.
  std::optional<std::vector<std::string>> masked = {};
  bool is_practice = false;  // on public samples alone, from a bundle
};

/// Maximum number of blocks of one entry that are repeated because the machine drifted: on one that
/// never rests a campaign must end all the same.
constexpr int kDriftRepeats = 2;

/// Where a block stands in its campaign; see Session.
struct BlockPlace {
  std::string session;
  int round = 0;
};

/// All blocks of one submission on one track on one node: the record and its bookkeeping. The
/// executor runs the blocks. The record is on disk after every block: a process that is killed
/// loses at most the block in progress, and the next EntryRun over the same folder resumes there.
class EntryRun {
 public:
  /// Resumes the record in `record_folder` if it is of the same entry, rules, dataset and node;
  /// else starts one. Errors: Error when the folder holds a record that cannot be read or is of
  /// another run.
  EntryRun(Submission submission, bool is_baseline, const RunSetting& setting,
           std::filesystem::path record_folder,
           std::optional<EnvironmentIdentity> environment = {});

  const RunRecord& record() const { return record_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// The entry has build steps.
  bool is_built() const { return !submission_.build.empty(); }

  /// Writes the record if it was resumed under a competition file that says other things about
  /// titles, floors or rules than the one that it was started under. Errors: Error.
  void save_rules();

  /// Nothing is left to do: enough valid blocks, or failed.
  bool is_finished() const;
  /// Asks for so many valid blocks in all, where the track adds blocks. False: it has or wants them
  /// already, failed, or extra blocks of it were void too often.
  bool want(int blocks);
  /// It has no more blocks, whatever is missing: it failed, or too many of them are void.
  bool has_failed() const;
  int blocks_left() const;
  /// It has no more blocks in this call, whatever is missing: it was taken out of
  /// the ranks.
  /// Writes the record where there is none yet. Errors: Error.
  void stop();
  bool is_stopped() const { return is_stopped_; }
  /// Rough time of what is left, for a progress line; absent before the first block.
  std::optional<Seconds> time_left() const;

  /// Has the entry prepared if that was not done; then has one block run, when idle power is back
  /// to `reference_idle` (see BlockSetting), and writes the record, in which it stands at `place`.
  /// A submission's failure ends the run with that outcome. Where the executor cannot run the entry
  /// the record says so, problem() has the error, and the next call tries again. Errors: Error when
  /// the record cannot be written, Interrupted; the record then is as before the block.
  void run_next_block(const BlockPlace& place, std::optional<Watts> reference_idle = {});
  /// Why the executor could not run the latest block, or prepare the entry; absent: it could.
  const std::optional<Error>& problem() const { return problem_; }

  /// A valid block that was measured on a machine that drifted counts no more and is repeated; its
  /// files and energy stay. False, and only a flag of the run, when kDriftRepeats blocks were.
  bool repeat_for_drift(int block, const std::string& why);
  /// Moves the record's folder; what is at its new place is replaced. Errors: those of
  /// std::filesystem.
  void move_to(std::filesystem::path folder);
  /// For the reader of the result; one that is there already is not added again.
  void add_flag(const Flag& flag);

 private:
  EntryJob job() const;
  void take_rules();
  bool prepare();  // false: the submission failed
  std::optional<BlockResult> execute(std::optional<Watts> reference_idle);
  std::ptrdiff_t short_blocks() const;
  void settle();
  void fail(Outcome outcome, std::string message, std::string log_tail);
  void note_problem();
  void grow_plan(const BlockRecord& block);
  void write();

  Submission submission_;
  const RunSetting& setting_;
  std::filesystem::path folder_;
  RunRecord record_;
  std::optional<BlockPlan> plan_;  // once the entry is prepared
  std::optional<Seconds> last_block_;
  int wanted_ = 0;  // valid blocks in all
  bool is_stopped_ = false;
  bool gave_up_ = false;  // on blocks beyond those that it has to have
  std::optional<Error> problem_;
  bool has_new_rules_ = false;
};

/// The name of a run's folder: readable, and its own for each entry, rules, dataset, node, meters
/// and environment.
std::string run_folder_name(const Submission& submission, const RunSetting& setting,
                            const std::optional<EnvironmentIdentity>& environment = {});

}  // namespace joulebench
