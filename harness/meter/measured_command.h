#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/units.h"

namespace joulebench {

/// How a command ended and what it used, itself and all children it waited for.
struct CommandEnd {
  int exit_status = 0;  // 128 + signal when a signal ended it, as a shell says it
  int signal = 0;       // 0: none
  Seconds user{0};
  Seconds system{0};
  std::uint64_t max_rss_bytes = 0;
};

/// A command that is forked and ready to start at one word, so that starting costs next to nothing.
/// It has our standard input, output and error; while it runs, signals sent to us are passed on.
/// Threads: one object at a time (signals go to the one that waits). The destructor ends the
/// command.
class MeasuredCommand {
 public:
  /// Errors: Error when the program is not found or cannot be executed.
  explicit MeasuredCommand(const std::vector<std::string>& argv);
  ~MeasuredCommand();
  MeasuredCommand(const MeasuredCommand&) = delete;
  MeasuredCommand& operator=(const MeasuredCommand&) = delete;

  void release();     // it starts now; allocates nothing
  CommandEnd wait();  // until it has ended
  /// To be asked after wait(). Errors: Error when the program could not be executed after all.
  void throw_if_not_executed();
  /// CPU seconds of the command's own process so far; 0 once it has ended.
  Seconds cpu_time() const;

 private:
  pid_t pid_ = -1;
  FileDescriptor start_;   // write end of the barrier
  FileDescriptor failed_;  // read end: errno of a failed exec
  std::string program_;
};

}  // namespace joulebench
