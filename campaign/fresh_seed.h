#pragma once

#include <cstdint>

namespace joulebench {

/// A seed that nobody can know before: 64 bits of the system's random numbers.
std::uint64_t fresh_seed();

}  // namespace joulebench
