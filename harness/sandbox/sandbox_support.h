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

/// Something that a harness which is no more has left, by a power cut or a kill.
struct Leftover {
  enum class Kind { control_group, folder };
  Kind kind = Kind::folder;
  std::filesystem::path path;
  std::string owner;  // process_mark() of who made it
};

/// What doctor finds: control groups and folders in the temporary folder that carry our name, are
/// ours (root: anybody's) and whose maker no longer runs.
std::vector<Leftover> find_leftovers();
/// Kills what is still inside and removes it. Returns what could not be removed.
std::vector<Leftover> clear_leftovers(const std::vector<Leftover>& leftovers);

/// Starts a small process that outlives us and then removes what find_leftovers() would find of
/// ours, so that even kill -9 leaves nothing. Once per process; Sandbox calls it. Does nothing
/// where it cannot be started.
void start_janitor();

/// Whether `enforcement` of `limit` is good enough for a ranked run.
bool is_enough_to_rank(const std::string& limit, const std::string& enforcement);

/// Throws Error naming the first limit that a ranked run needs and that is not enforced well enough
/// here.
void require_enforced(const std::map<std::string, std::string>& enforcement);

/// Name of the control groups of the `count`th sandbox of this process:
/// joulebench-PID-STARTTIME-COUNT.
std::string block_name(unsigned count);

/// Device files of the first `count` GPUs, with the nodes that CUDA needs; empty for 0. Keeps each
/// GPU open as long as this process runs, so that no block pays for waking the driver. Where there
/// are fewer: those there are, or an Error when they are `required`.
std::vector<std::string> granted_gpus(unsigned count, bool required);

/// How many of a track's GPUs this machine has.
unsigned present_gpus(unsigned wanted);

/// What to do where user namespaces are not allowed: names the switch of this machine that forbids
/// them.
std::string user_namespace_remedy();

}  // namespace joulebench
