#include "harness/sandbox/launch.h"

#include <grp.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace joulebench {
namespace {

/// Raw system calls where the C library would speak to our other threads.
const char* prepare(const void* context) {
  const LaunchPlan& plan = *static_cast<const LaunchPlan*>(context);
  for (const int entrance : plan.group_entrances) {
    if (::write(entrance, "0", 1) != 1) return "enter a control group";
  }
  for (const RlimitSetting& setting : plan.limits.rlimits) {
    if (::syscall(SYS_prlimit64, 0, setting.resource, &setting.value, nullptr) != 0) {
      return "set a limit";
    }
  }
  if (plan.limits.affinity) {
    ::sched_setaffinity(0, sizeof *plan.limits.affinity, &*plan.limits.affinity);
  }
  if (plan.uid) {
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
        ::syscall(SYS_setresgid, *plan.uid, *plan.uid, *plan.uid) != 0 ||
        ::syscall(SYS_setresuid, *plan.uid, *plan.uid, *plan.uid) != 0) {
      return "become an unprivileged user";
    }
  }
  ::umask(022);
  return nullptr;
}

}  // namespace

ChildProcess launch(const LaunchPlan& plan) {
  return ChildProcess(
      {.purpose = "cannot start a sandbox",
       .command = plan.command,
       .environment = {{{"PATH", "/usr/bin:/bin"}}},
       .input = plan.input,
       .output = plan.output,
       .error = plan.log,
       .kept = plan.kept,
       // Ctrl-C is for us, or for who sits at the terminal.
       .group = plan.on_terminal ? ChildSpec::Group::ours : ChildSpec::Group::own_session,
       .dies_with_us = true,
       .in_child = prepare,
       .context = &plan});
}

}  // namespace joulebench
