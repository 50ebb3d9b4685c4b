#pragma once

#include <string>

namespace joulebench {

/// The two system call filters of every sandbox, as classic BPF programs for bubblewrap's
/// --add-seccomp-fd.
///
/// `calls` is a list of what is allowed: what is not on it, and every call that a later kernel
/// adds, fails with ENOSYS (so that C libraries fall back) or, where a program may want to know,
/// EPERM. Calls of another architecture (32-bit, x32) end the process. README.md says what is left
/// out and why. `requests` refuses the ioctl() requests that type into or take over a terminal;
/// load it first, since `calls` forbids to load another. `without_cgroups`: also
/// refuse sched_setaffinity and memory files without a name, which only cgroups can hold, and the
/// timers and files that send SIGCONT, which would wake what SIGSTOP freezes. Made once
/// per process and kept. Errors: Error when libseccomp cannot make them.
struct SyscallFilters {
  std::string requests;
  std::string calls;
};
const SyscallFilters& syscall_filters(bool without_cgroups);

}  // namespace joulebench
