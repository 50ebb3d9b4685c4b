#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/file.h"
#include "core/outcome.h"
#include "core/units.h"
#include "harness/sandbox/block_log.h"
#include "harness/sandbox/sandbox_spec.h"

namespace joulebench {

/// A file system in memory that a program writes its results to.
struct OutputFolder {
  int folder = -1;          // open; belongs to the sandbox
  std::string inside;       // "/jb/out"
  std::uint64_t bytes = 0;  // of its file system
};

/// What a LimitWatch looks at, and what it does.
struct WatchedSandbox {
  const SandboxSpec* spec = nullptr;
  pid_t first = -1;  // process 1 inside, by our numbering
  SteadyTime started{};
  FileDescriptor log_pipe;  // read end of its stderr, non-blocking
  /// /jb/out and what else may be written to, each a file system of its own in memory.
  std::vector<OutputFolder> outputs;
  /// Where no control group holds the memory: /tmp and /dev/shm inside, which count.
  bool counts_memory = false;
  FileDescriptor tmp_folder, shm_folder;
  std::function<std::optional<Seconds>()> cpu_time;
  std::function<void()> kill;  // all that is inside; called from the watching thread
};

/// What to say of more files in a folder than the spec allows; absent: there are not.
std::optional<std::string> too_many_files(const OutputFolder& output, const SandboxSpec& spec);

/// Holds what no kernel holds, in a thread of its own: wall and CPU time, outputs, memory without a
/// control group; and reads the log, so that its writer does not wait.
class LimitWatch {
 public:
  struct Broken {
    Outcome outcome;
    std::string detail;
  };

  explicit LimitWatch(WatchedSandbox watched);
  ~LimitWatch() { stop(); }
  LimitWatch(const LimitWatch&) = delete;
  LimitWatch& operator=(const LimitWatch&) = delete;

  /// Ends the thread. To be called when all that could write to the log is dead.
  void stop();
  std::optional<Broken> broken() const;  // the first limit that was broken
  std::string log();                     // with all that was written before the call

 private:
  void watch();
  void drain_log();
  void check_limits();
  void check_memory();
  void break_limit(Outcome outcome, std::string text);

  WatchedSandbox watched_;
  FileDescriptor wake_read_, wake_write_;
  mutable std::mutex mutex_;  // guards the next two
  BlockLog log_;
  std::optional<Broken> broken_;
  std::thread thread_;
};

}  // namespace joulebench
