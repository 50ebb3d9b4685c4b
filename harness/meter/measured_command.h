#pragma once

#include <string>
#include <vector>

#include "core/child_process.h"
#include "core/units.h"

namespace joulebench {

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

  void release();   // it starts now; allocates nothing
  ChildEnd wait();  // until it has ended
  /// To be asked after wait(). Errors: Error when the program could not be executed after all.
  void throw_if_not_executed();
  /// CPU seconds of the command's own process so far; 0 once it has ended.
  Seconds cpu_time() const;

 private:
  ChildProcess child_;
};

}  // namespace joulebench
