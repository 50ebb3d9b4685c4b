#pragma once

#include <sys/types.h>

#include <optional>

namespace joulebench {

/// As root a uid of its own for each sandbox, drawn from 2^28 (in a container from 20,000), so that
/// no two that run share one. Absent for a plain
/// user, and for one who is "root" only in a container where no other uid exists: the program then
/// has ours.
std::optional<uid_t> fresh_uid();

}  // namespace joulebench
