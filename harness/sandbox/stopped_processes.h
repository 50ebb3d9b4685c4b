#pragma once

#include <sys/types.h>

#include <set>

namespace joulebench {

/// All processes of a pid namespace, stopped by SIGSTOP: for where no control group can freeze
/// them. The constructor returns when every thread of every process was seen stopped, twice in a
/// row with the same processes, so that no process can wake another in between. The destructor lets
/// those continue that were stopped here; what had stopped itself before stays so. Errors  Error
/// when some process still runs after 10 s. Limits  a timer or file that sends SIGCONT would defeat
/// it: the system call filter refuses both
///         where this is used (syscall_filter.cpp).
class StoppedProcesses {
 public:
  /// `first` is process 1 of the namespace, by our own numbering.
  explicit StoppedProcesses(pid_t first);
  ~StoppedProcesses();
  StoppedProcesses(const StoppedProcesses&) = delete;
  StoppedProcesses& operator=(const StoppedProcesses&) = delete;

 private:
  void release() noexcept;

  ino_t name_space_;
  std::set<pid_t> stopped_;
};

}  // namespace joulebench
