#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "harness/sandbox/process_limits.h"

namespace joulebench {

/// Everything the child needs between vfork and exec, prepared before: there it may only make
/// system calls.
struct ChildPlan {
  std::vector<int> group_entrances;  // open for writing
  ProcessLimits limits;
  std::optional<uid_t> uid;
  int input = -1, output = -1, log = -1;
  std::vector<int> kept;  // descriptors that bubblewrap is told of
  pid_t parent = 0;
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
};

/// Starts bubblewrap by vfork, however large we are. Errors: Error when there can be no process.
pid_t launch(const ChildPlan& plan);

}  // namespace joulebench
