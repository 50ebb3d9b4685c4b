#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace joulebench {

/// When the busy power of fuse_powercap flowed; shared by mapping one file. Times are
/// CLOCK_MONOTONIC in nanoseconds. A new busy time is written beside the old one and then put in
/// force at once.
struct PowerSteps {
  struct Slot {
    std::atomic<std::int64_t> earlier_ns;  // busy before `on_ns`, all told
    std::atomic<std::int64_t> on_ns;       // 0: never busy so far
    std::atomic<std::int64_t> off_ns;      // 0: still busy
  };
  std::atomic<std::int64_t> current;
  Slot slots[2];

  std::int64_t busy_ns(std::int64_t until_ns) const {
    const Slot& slot = slots[current];
    const std::int64_t on = slot.on_ns, off = slot.off_ns;
    if (on == 0) return 0;
    return slot.earlier_ns +
           std::max<std::int64_t>(0, (off != 0 ? std::min(off, until_ns) : until_ns) - on);
  }
  /// Errors: none; one writer at a time.
  void switch_on(std::int64_t now_ns) {
    const std::int64_t other = 1 - current;
    slots[other].earlier_ns = busy_ns(now_ns);
    slots[other].on_ns = now_ns;
    slots[other].off_ns = 0;
    current = other;
  }
  void switch_off(std::int64_t now_ns) { slots[current].off_ns = now_ns; }
};

}  // namespace joulebench
