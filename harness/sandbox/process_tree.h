#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

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

/// Whether a thread of `first` or of one below it is on a processor or waits for one: state R of
/// proc(5). On a busy machine a thread that computes may have had no processor for a while; it is
/// runnable all the same.
bool is_tree_runnable(pid_t first);

/// Of a "stat" file of /proc (proc(5)): what stands behind the name, which may hold anything; it
/// begins with the letter of the state. Empty: the process or thread has ended.
std::string behind_name(const std::filesystem::path& stat);

}  // namespace joulebench
