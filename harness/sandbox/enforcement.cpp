#include "harness/sandbox/enforcement.h"

#include <utility>

#include "core/error.h"
#include "harness/sandbox/cgroup_places.h"

namespace joulebench {

const char* const kDelegateRemedy =
    "run as root, or in a control group of your own: systemd-run --user --scope -p Delegate=yes "
    "joulebench ...";

bool is_enough_to_rank(const std::string& limit, const std::string& enforcement) {
  // Without a cgroup the kernel bounds each process's memory, but not the sum.
  if (limit == "memory") return enforcement.starts_with("cgroup");
  return enforcement != "none";
}

void require_enforced(const std::map<std::string, std::string>& enforcement) {
  for (const auto& [name, controller] :
       {std::pair{"memory", "memory"}, {"processes", "pids"}, {"cpus", "cpuset"}}) {
    const auto found = enforcement.find(name);
    const std::string how = found == enforcement.end() ? "none" : found->second;
    if (is_enough_to_rank(name, how)) continue;
    const auto& missing = places_for_blocks().missing;
    const auto reason = missing.find(controller);
    throw Error({.what = std::string("the track's limit of ") + name +
                         " cannot be enforced here, and a ranked run needs it",
                 .where = std::string(name) + ": " + how +
                          (reason == missing.end() ? "" : "; " + reason->second),
                 .hint = kDelegateRemedy});
  }
}

}  // namespace joulebench
