#include "harness/sandbox/support_report.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "harness/sandbox/bubblewrap.h"
#include "harness/sandbox/cgroup_places.h"
#include "harness/sandbox/enforcement.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
bool SandboxSupport::can_rank() const {
  return works && std::all_of(limits.begin(), limits.end(),
                              [](const Limit& limit) { return limit.enough_to_rank; });
}

SandboxSupport sandbox_support() {
  SandboxSupport support;
  support.bubblewrap = bubblewrap_version();
  std::map<std::string, std::string> enforcement;
  try {
    SandboxSpec spec;
    spec.command = {"true"};
    spec.working_folder = "/";
    Sandbox sandbox(std::move(spec));
    const SandboxEnd end = sandbox.wait(Seconds(20));
    enforcement = sandbox.enforcement();
    support.works = end.exit_status == 0;
    if (!support.works) {
      support.problem =
          "true ended with " + std::to_string(end.exit_status) + " inside: " + sandbox.log_tail(1);
    }
  } catch (const Error& error) {
    support.problem = error.parts().where;
    support.remedy = error.parts().hint;
    return support;
  }
  const auto& missing = places_for_blocks().missing;
  const auto reason_for = [&](const char* controller) {
    const auto found = missing.find(controller);
    return found == missing.end() ? std::string() : found->second;
  };
  for (const auto& [name, how] : enforcement) {
    SandboxSupport::Limit limit{
        .name = name, .enforcement = how, .enough_to_rank = is_enough_to_rank(name, how)};
    const char* controller = name == "memory"      ? "memory"
                             : name == "processes" ? "pids"
                             : name == "cpus"      ? "cpuset"
                             : name == "freeze"    ? "freeze"
                                                   : "";
    if (*controller != '\0' && !how.starts_with("cgroup")) {
      limit.reason = reason_for(controller);
      limit.remedy = kDelegateRemedy;
    }
    support.limits.push_back(std::move(limit));
  }
  return support;
}

}  // namespace joulebench
