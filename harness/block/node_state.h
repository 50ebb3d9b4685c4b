#pragma once

#include <filesystem>
#include <optional>

#include "core/run_record.h"
#include "core/units.h"

namespace joulebench {

/// What this machine is like now. `sysfs` and `proc` are roots, so that tests bring their own.
/// What cannot be read is absent.
NodeState read_node_state(const std::filesystem::path& sysfs = "/sys",
                          const std::filesystem::path& proc = "/proc");

/// CPU seconds that all programs and the kernel have used since boot, all CPUs together (not idle,
/// not waiting, not stolen by a hypervisor). Resolution: the kernel's tick, 4 to 10 ms.
std::optional<Seconds> machine_cpu_time(const std::filesystem::path& proc = "/proc");

}  // namespace joulebench
