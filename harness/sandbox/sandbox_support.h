#pragma once

#include <filesystem>
#include <map>
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

/// Something that a harness which is no more has left: a process, a control group, a temporary
/// folder.
struct Leftover {
  std::string kind;   // "process", "control group", "folder"
  std::string name;   // its path or process id
  std::string owner;  // "joulebench 1234, which has ended"
};

/// What doctor finds, and clears. Only what carries our name and whose harness is no more.
std::vector<Leftover> find_leftovers();
/// Errors: none; what could not be removed is returned.
std::vector<Leftover> clear_leftovers(const std::vector<Leftover>& leftovers);

/// Throws Error naming the first limit that a ranked run needs and that is not enforced well enough
/// here.
void require_enforced(const std::map<std::string, std::string>& enforcement);

/// Name of the control groups of the `count`th sandbox of this process:
/// joulebench-PID-STARTTIME-COUNT.
std::string block_name(unsigned count);

/// Device files of the first `count` GPUs, control nodes with them; empty for 0.
/// Errors: Error when there are fewer.
std::vector<std::string> gpu_devices(unsigned count);

/// What to do where user namespaces are not allowed: names the switch of this machine that forbids
/// them.
std::string user_namespace_remedy();

}  // namespace joulebench
