#pragma once

#include <sched.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/units.h"

namespace joulebench {

/// The calling thread runs on one CPU while this lives, and where it ran before afterwards. Made
/// and destroyed by the same thread. Errors  none: where the kernel refuses, the thread stays where
/// it is.
class PinnedThread {
 public:
  explicit PinnedThread(int cpu);
  ~PinnedThread();
  PinnedThread(PinnedThread&& other) noexcept : before_(std::exchange(other.before_, {})) {}

 private:
  std::optional<cpu_set_t> before_;
};

/// The CPU from which answers have the lowest latency, of `cpus` (at most the first
/// 16 are tried); absent: wherever the kernel puts it. `ask` asks a few times and says how long
/// that took; it is called for each place.
///
/// Asking and answering take turns, so that on one CPU a turn is a switch of a microsecond or two.
/// On two, each wakes a CPU that has gone to sleep: 30 to 100 us on a virtual machine. Where the
/// program sits the kernel decides; so we try, and sit beside it. To poll without sleeping would be
/// no way: it burns a CPU's energy inside the submission's window.
std::optional<int> cpu_of_lowest_latency(const std::vector<int>& cpus,
                                         const std::function<Seconds()>& ask);

}  // namespace joulebench
