#pragma once

#include <sched.h>
#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/sandbox/sandbox_spec.h"

namespace joulebench {

struct RlimitSetting {
  int resource;
  rlimit value;
};

/// What the kernel holds each process of a sandbox to, whatever its control groups do.
struct ProcessLimits {
  std::vector<RlimitSetting> rlimits;
  std::optional<cpu_set_t> affinity;  // where no control group holds the CPUs
};

struct ProcessLimitsWanted {
  std::optional<std::uint64_t> processes;  // of its uid: only where the uid is the sandbox's own
  bool data = false;                       // where no control group holds the memory
  bool affinity = false;
};

/// The last `count` of `cpus`, since the first ones serve most interrupts; or those that lie
/// `before` before them, around the end. All where there are no more. Ascending.
std::vector<int> last_cpus(const std::vector<int>& cpus, unsigned count, std::size_t before);

ProcessLimits process_limits(const SandboxSpec& spec, const ProcessLimitsWanted& wanted);

}  // namespace joulebench
