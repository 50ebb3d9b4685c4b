#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/child_process.h"
#include "harness/sandbox/process_limits.h"

namespace joulebench {

/// What bubblewrap gets.
struct LaunchPlan {
  std::vector<std::string> command;  // the first word is bubblewrap's path
  std::vector<int> group_entrances;  // open for writing
  ProcessLimits limits;
  std::optional<uid_t> uid;
  bool on_terminal = false;               // it stays in our session
  int input = -1, output = -1, log = -1;  // -1: ours
  std::vector<int> kept;                  // descriptors that it is told of
};

/// Starts bubblewrap: in its control group, under its limits, as its user; it dies with the thread
/// that called this. Errors: Error naming the step that failed.
ChildProcess launch(const LaunchPlan& plan);

}  // namespace joulebench
