#include "harness/sandbox/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace joulebench {
namespace {

[[noreturn]] void child_fails(const char* step) {
  const int code = errno;
  const char* name = ::strerrorname_np(code);
  for (const char* text : {"cannot ", step, ": ", name == nullptr ? "?" : name, "\n"}) {
    [[maybe_unused]] const ssize_t ignored = ::write(2, text, std::strlen(text));
  }
  ::_exit(127);
}

/// Runs in the memory of the parent (vfork): system calls only, raw ones where the C library would
/// speak to other threads.
[[noreturn]] void run_child(const ChildPlan& plan) {
  ::dup2(plan.input, 0);
  ::dup2(plan.output, 1);
  ::dup2(plan.log, 2);
  ::setsid();  // Ctrl-C in our terminal is for us
  for (const int entrance : plan.group_entrances) {
    if (::write(entrance, "0", 1) != 1) child_fails("enter a control group");
  }
  for (const RlimitSetting& setting : plan.limits.rlimits) {
    if (::syscall(SYS_prlimit64, 0, setting.resource, &setting.value, nullptr) != 0)
      child_fails("set a limit");
  }
  if (plan.limits.affinity) {
    ::sched_setaffinity(0, sizeof *plan.limits.affinity, &*plan.limits.affinity);
  }
  if (plan.uid) {
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
        ::syscall(SYS_setresgid, *plan.uid, *plan.uid, *plan.uid) != 0 ||
        ::syscall(SYS_setresuid, *plan.uid, *plan.uid, *plan.uid) != 0) {
      child_fails("become an unprivileged user");
    }
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    child_fails("close descriptors");
  for (const int fd : plan.kept) ::fcntl(fd, F_SETFD, 0);
  struct sigaction standard {};
  for (const int signal :
       {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGUSR1, SIGUSR2, SIGXFSZ}) {
    ::sigaction(signal, &standard, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(022);
  ::execve(plan.program, plan.arguments, plan.environment);
  child_fails("start bubblewrap");
}

}  // namespace

pid_t launch(const ChildPlan& plan) {
  // All signals wait while the child borrows our memory: a handler must not run in it.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const pid_t pid = ::vfork();
#pragma GCC diagnostic pop
  if (pid == 0) run_child(plan);
  const int code = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    throw Error({.what = "cannot start a sandbox",
                 .where = "fork: " + system_message(code),
                 .hint = "end other programs, or raise the number of processes: ulimit -u"});
  }
  return pid;
}

}  // namespace joulebench
