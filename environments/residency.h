#pragma once

#include <cstdint>
#include <filesystem>

namespace joulebench {

/// What was read to be in memory.
struct Residency {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Reads every file below `folder` through once, so that all of it is in memory before a sandbox
/// starts: no sandbox can then tell by a slow read what an earlier one did not touch, and the work
/// is ours. Links are not followed. What lies in memory already costs some 0.2 s a GB. Pages stay
/// as long as memory is not short. Errors: Error naming a file that cannot be read.
Residency make_resident(const std::filesystem::path& folder);

}  // namespace joulebench
