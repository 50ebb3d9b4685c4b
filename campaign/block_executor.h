#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/run_record.h"
#include "harness/block/block.h"

namespace joulebench {

/// An entry whose blocks shall run on a track. Plain data: it could be written to a file and read
/// on another machine that has the entry's files, the dataset and this program.
struct EntryJob {
  std::filesystem::path folder;  // the entry's files, as they were handed in
  std::string entry_id;          // that they must have
  Track track;
  std::string dataset_sha256;  // of the track's dataset
  std::optional<EnvironmentIdentity>
      environment;                    // that it runs in; absent: the machine's own /usr
  std::optional<BlockPlan> plan;      // of earlier blocks of the same run: there is no pilot then
  std::optional<RequestShape> shape;  // known of the same program: the pilot need not find it
};

/// What was found out about an entry before its first block. Everything but `outcome`, `message`
/// and `log_tail` is empty unless the outcome is valid.
struct Preparation {
  Outcome outcome = Outcome::valid;  // else how the submission failed: build, load, timeout, ...
  std::string message;               // for its author
  std::string log_tail;
  BlockPlan plan;
  std::optional<RequestShape> shape;  // found by the pilot, of a track that predicts
  std::vector<Flag> flags;            // what the reader of any result of this entry should know
};

/// One block of an entry that was prepared. Plain data, as EntryJob.
struct BlockJob {
  EntryJob entry;
  int number = 1;  // 1-based within the run
  BlockPlan plan;
  std::uint64_t order_seed = 0;         // of the passes' permutations
  std::optional<Watts> reference_idle;  // idle power to wait for; absent: none
};

/// Runs blocks somewhere: on this machine (LocalExecutor), or in a test that scripts them. One
/// caller, one block at a time.
/// Errors  what the submission does wrong is a value. Error when the executor cannot run this entry
///         (its folder cannot be read, no room for its files); Interrupted when asked to stop.
class BlockExecutor {
 public:
  virtual ~BlockExecutor() = default;
  /// The machine that runs the blocks, as it is now.
  virtual NodeState node() = 0;
  /// Copies and builds an entry and finds out how long its blocks have to be. Once before its first
  /// block; a job with a plan needs no pilot.
  virtual Preparation prepare(const EntryJob& job) = 0;
  virtual BlockResult run(const BlockJob& job) = 0;
};

}  // namespace joulebench
