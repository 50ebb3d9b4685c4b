#pragma once

#include <string>
#include <vector>

namespace joulebench {

/// What can be enforced on this machine, for doctor and before a run.
struct SandboxSupport {
  struct Limit {
    std::string name;         // as in a record's enforcement: "memory", "processes", ...
    std::string enforcement;  // cgroup-v2, cgroup-v1, rlimit, tmpfs, polled or none
    bool enough_to_rank = false;
    std::string reason;  // why it is not better; empty when it is
    std::string remedy;  // one line; empty when there is nothing to do
  };
  bool works = false;   // a sandbox could be started just now
  std::string problem;  // why not
  std::string remedy;
  std::string bubblewrap;  // its version
  std::vector<Limit> limits;
  bool can_rank() const;  // works, and every limit is enough
};

/// Starts one sandbox around `true` and says what held it.
SandboxSupport sandbox_support();

}  // namespace joulebench
