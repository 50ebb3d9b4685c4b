#include "harness/sandbox/sandbox_user.h"

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <random>

namespace joulebench {
namespace {

/// Whether user ids from `first` to `last` exist here: in a container's user namespace few may.
bool are_mapped(uid_t first, uid_t last) {
  std::ifstream map("/proc/self/uid_map");
  for (std::uint64_t inside = 0, outside = 0, count = 0; map >> inside >> outside >> count;) {
    if (first >= inside && last < inside + count) return true;
  }
  return false;
}

}  // namespace

std::optional<uid_t> fresh_uid() {
  if (::geteuid() != 0) return std::nullopt;
  // Drawn, not counted: uid_map shows it inside, and a count would tell one sandbox from the next.
  const std::uint32_t number = std::random_device()();
  constexpr uid_t kFirst = 1'800'000'000;  // far from people's and systemd's
  constexpr uid_t kCount = 1u << 28;
  if (are_mapped(kFirst, kFirst + kCount)) return kFirst + number % kCount;
  constexpr uid_t kFirstInContainer = 40'000;  // of the 65,536 that a container usually has
  constexpr uid_t kCountInContainer = 20'000;
  if (are_mapped(kFirstInContainer, kFirstInContainer + kCountInContainer)) {
    return kFirstInContainer + number % kCountInContainer;
  }
  return std::nullopt;
}

}  // namespace joulebench
