#pragma once

#include <cstdint>

namespace joulebench {

/// What tells that a file is still as it was: who writes to it changes this.
struct FileStamp {
  std::uint64_t number = 0;  // the inode's
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;  // the kernel's own time of the last change; nobody can set it

  bool operator==(const FileStamp&) const = default;
};

}  // namespace joulebench
