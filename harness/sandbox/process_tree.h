#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/units.h"

namespace joulebench {

/// CPU seconds and bytes of memory of a process and all below it, from /proc. For where no cgroup
/// counts.
struct TreeUse {
  Seconds cpu{0};
  std::uint64_t resident_bytes = 0;  // what processes share counts for each
  std::uint64_t own_bytes = 0;  // what they share counts once; slow to read, so only when asked for
};
/// Those of `first` and all below it. `proportional`: fills own_bytes too.
TreeUse use_of_tree(pid_t first, bool proportional);

}  // namespace joulebench
