#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"
#include "core/run_record.h"

namespace joulebench {

/// What about this machine would interfere with a measurement now.
struct NodeCheck {
  NodeState state;
  std::optional<double> foreign_cpus;            // busy with other work while we watched, in CPUs
  std::optional<std::uint64_t> throttle_events;  // since boot, all CPUs together
  std::vector<Flag> flags;  // what a reader of a result should know, with the remedy
};

/// Watches the machine for `time`; ours is taken out of the load.
NodeCheck check_node(Clock& clock, Seconds time, const std::filesystem::path& sysfs = "/sys",
                     const std::filesystem::path& proc = "/proc");

}  // namespace joulebench
