#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/file.h"

namespace joulebench {

/// What to do while another measurement holds the machine.
struct LockWait {
  bool wanted = false;                                    // else that is an Error
  std::function<void(const std::string& owner)> on_wait;  // once for each that holds it
  std::function<bool()> stopped;                          // asked to end early
};

/// Holds this machine for one measurement at a time, over all users; freed by the kernel when the
/// process ends, however it ends.
class NodeLock {
 public:
  /// `what` is shown to the process that comes second: "evaluate digits". `file` is for tests.
  /// Errors: Error naming the owner, its process and since when, unless `wait` is wanted; then
  /// Interrupted.
  NodeLock(const std::string& what, const std::string& since_utc,
           const std::filesystem::path& file = default_file(), const LockWait& wait = {});
  /// $JOULEBENCH_LOCK_FILE, else in /run/lock or /tmp.
  static std::filesystem::path default_file();

 private:
  FileDescriptor fd_;
};

}  // namespace joulebench
