#include "harness/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

// Computation, memory, threads, files, pipes, time and waiting. Names that this architecture or
// this libseccomp does not know are skipped.
constexpr const char* kAllowed[] = {
    // files
    "access", "chdir", "chmod", "chown", "close", "close_range", "copy_file_range", "creat", "dup",
    "dup2", "dup3", "faccessat", "faccessat2", "fallocate", "fchdir", "fchmod", "fchmodat",
    "fchmodat2", "fchown", "fchownat", "fcntl", "fdatasync", "fgetxattr", "flistxattr", "flock",
    "fstat", "fsync", "ftruncate", "futimesat", "getcwd", "getdents", "getdents64", "getxattr",
    "ioctl", "lchown", "lgetxattr", "link", "linkat", "listxattr", "llistxattr", "lseek", "lstat",
    "mkdir", "mkdirat", "mknod", "mknodat", "newfstatat", "open", "openat", "openat2", "pipe",
    "pipe2", "pread64", "preadv", "pwrite64", "pwritev", "read", "readlink", "readlinkat", "readv",
    "rename", "renameat", "renameat2", "rmdir", "sendfile", "splice", "stat", "statx", "symlink",
    "symlinkat", "tee", "truncate", "umask", "unlink", "unlinkat", "utime", "utimensat", "utimes",
    "vmsplice", "write", "writev",
    // memory
    "brk", "get_mempolicy", "membarrier", "mlock", "mlock2", "mlockall", "mmap", "mprotect",
    "mremap", "msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free",
    "pkey_mprotect", "process_mrelease", "map_shadow_stack",
    // processes and threads
    "arch_prctl", "capget", "execve", "execveat", "exit", "exit_group", "fork", "futex",
    "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "get_robust_list",
    "get_thread_area", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid",
    "getppid", "getpriority", "getresgid", "getresuid", "getrlimit", "getrusage", "getsid",
    "gettid", "getuid", "kill", "pidfd_open", "pidfd_send_signal", "prlimit64", "restart_syscall",
    "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn",
    "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sched_get_priority_max",
    "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
    "sched_getscheduler", "sched_rr_get_interval", "sched_setattr", "sched_setparam",
    "sched_setscheduler", "sched_yield", "set_robust_list", "set_thread_area", "set_tid_address",
    "setfsgid", "setfsuid", "setgid", "setpgid", "setpriority", "setregid", "setresgid",
    "setresuid", "setreuid", "setrlimit", "setsid", "setuid", "sigaltstack", "tgkill", "time",
    "times", "tkill", "uname", "vfork", "wait4", "waitid", "getcpu", "sysinfo", "getrandom",
    "seccomp",
    // waiting and time
    "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old",
    "eventfd", "eventfd2", "getitimer", "gettimeofday", "nanosleep", "pause", "poll", "ppoll",
    "pselect6", "select", "setitimer", "signalfd", "signalfd4", "timer_delete", "timer_getoverrun",
    "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime",
    // talking among its own processes, by AF_UNIX only (socket and socketpair: see below)
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown"};

// Refused with EPERM rather than ENOSYS: a program that meets them is told the truth, "not
// permitted".
constexpr const char* kForbidden[] = {"acct",
                                      "add_key",
                                      "adjtimex",
                                      "bpf",
                                      "chroot",
                                      "clock_adjtime",
                                      "clock_settime",
                                      "delete_module",
                                      "fanotify_init",
                                      "finit_module",
                                      "fsconfig",
                                      "fsmount",
                                      "fsopen",
                                      "fspick",
                                      "init_module",
                                      "io_uring_enter",
                                      "io_uring_register",
                                      "io_uring_setup",
                                      "ioperm",
                                      "iopl",
                                      "kcmp",
                                      "kexec_file_load",
                                      "kexec_load",
                                      "keyctl",
                                      "landlock_create_ruleset",
                                      "lookup_dcookie",
                                      "mbind",
                                      "migrate_pages",
                                      "modify_ldt",
                                      "mount",
                                      "mount_setattr",
                                      "move_mount",
                                      "move_pages",
                                      "msgctl",
                                      "msgget",
                                      "msgrcv",
                                      "msgsnd",
                                      "mq_open",
                                      "name_to_handle_at",
                                      "nfsservctl",
                                      "open_by_handle_at",
                                      "open_tree",
                                      "perf_event_open",
                                      "pidfd_getfd",
                                      "pivot_root",
                                      "process_madvise",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "ptrace",
                                      "quotactl",
                                      "quotactl_fd",
                                      "reboot",
                                      "request_key",
                                      "semctl",
                                      "semget",
                                      "semop",
                                      "semtimedop",
                                      "set_mempolicy",
                                      "setdomainname",
                                      "setgroups",
                                      "sethostname",
                                      "setns",
                                      "settimeofday",
                                      "shmat",
                                      "shmctl",
                                      "shmdt",
                                      "shmget",
                                      "swapoff",
                                      "swapon",
                                      "syslog",
                                      "umount2",
                                      "unshare",
                                      "userfaultfd",
                                      "vhangup",
                                      "setxattr",
                                      "lsetxattr",
                                      "fsetxattr",
                                      "ioprio_set",
                                      "personality"};

// Advice that would load or evict pages of shared files, and calls that flush what is not ours:
// they succeed and do nothing. None of them promises an effect that a program could miss; what is
// left out of the lists (mincore, cachestat, inotify, statfs) fails with ENOSYS, which C libraries
// and runtimes expect of an old kernel.
constexpr const char* kWithoutEffect[] = {"fadvise64", "readahead", "sync", "sync_file_range",
                                          "syncfs"};

// By number, since headers differ in which they name.
constexpr unsigned kHarmlessAdvice[] = {
    0,   1,  2,           // NORMAL, RANDOM, SEQUENTIAL
    4,   8,  9,  24,      // DONTNEED, FREE, REMOVE, DONTNEED_LOCKED: of the program's own memory
    10,  11, 13, 14, 15,  // DONTFORK, DOFORK, UNMERGEABLE, HUGEPAGE, NOHUGEPAGE
    16,  17, 18, 19,      // DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK
    102, 103};            // GUARD_INSTALL, GUARD_REMOVE
constexpr unsigned kWillNeed = 3;
// Load, evict or rearrange pages, or share them: EINVAL, as where a kernel does not know them.
constexpr unsigned kRefusedAdvice[] = {12,           // MERGEABLE
                                       20,  21,      // COLD, PAGEOUT
                                       22,  23, 25,  // POPULATE_READ, POPULATE_WRITE, COLLAPSE
                                       100, 101};    // HWPOISON, SOFT_OFFLINE

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

void check(int result, const char* step) {
  if (result == 0) return;
  throw Error({.what = "cannot make the system call filter",
               .where = std::string(step) + ": " + system_message(-result),
               .hint = "libseccomp 2.5 or newer is needed: apt-get install libseccomp2"});
}

template <class... Conditions>
void add(const Filter& filter, std::uint32_t action, const char* name, Conditions... conditions) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR || number < 0) return;
  const scmp_arg_cmp list[] = {conditions..., scmp_arg_cmp{}};
  check(seccomp_rule_add_array(filter.get(), action, number, sizeof...(conditions), list), name);
}

constexpr scmp_arg_cmp argument_is(unsigned index, std::uint64_t value) {
  return {index, SCMP_CMP_EQ, value, 0};
}
// The kernel looks at the low 32 bits of an `int` argument only, so must we.
constexpr scmp_arg_cmp low_half_is(unsigned index, std::uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, 0xffffffffu, value};
}
constexpr scmp_arg_cmp bits_are(unsigned index, std::uint64_t mask, std::uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

Filter new_filter(std::uint32_t default_action) {
  Filter filter(seccomp_init(default_action), seccomp_release);
  if (!filter) check(-ENOMEM, "seccomp_init");
  check(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
        "architecture");
  check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");  // a binary tree
  return filter;
}

std::string exported(const Filter& filter) {
  const FileDescriptor file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file.is_open()) check(-errno, "memfd_create");
  check(seccomp_export_bpf(filter.get(), file.get()), "seccomp_export_bpf");
  std::string program(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  if (::pread(file.get(), program.data(), program.size(), 0) !=
      static_cast<ssize_t>(program.size())) {
    check(-EIO, "read");
  }
  return program;
}

std::string calls_filter(bool without_cgroups) {
  const Filter filter = new_filter(SCMP_ACT_ERRNO(ENOSYS));
  for (const char* name : kAllowed) add(filter, SCMP_ACT_ALLOW, name);
  const std::uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
  for (const char* name : kForbidden) add(filter, refuse, name);

  for (const char* name : kWithoutEffect) add(filter, SCMP_ACT_ERRNO(0), name);
  for (const unsigned advice : kHarmlessAdvice) {
    add(filter, SCMP_ACT_ALLOW, "madvise", low_half_is(2, advice));
  }
  add(filter, SCMP_ACT_ERRNO(0), "madvise", low_half_is(2, kWillNeed));
  for (const unsigned advice : kRefusedAdvice) {
    add(filter, SCMP_ACT_ERRNO(EINVAL), "madvise", low_half_is(2, advice));
  }
  // RWF_NOWAIT tells whether a page is in memory. With a flag: ENOSYS, of which the C library makes
  // ENOTSUP.
  for (const char* name : {"preadv2", "pwritev2"}) {
    add(filter, SCMP_ACT_ALLOW, name, low_half_is(5, 0));
  }

  // New namespaces would give capabilities back; clone3 hides its flags in memory: ENOSYS, so that
  // C libraries use clone.
  constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                        CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  add(filter, SCMP_ACT_ALLOW, "clone", bits_are(0, kNamespaces, 0));

  for (const char* name : {"socket", "socketpair"}) {
    add(filter, SCMP_ACT_ALLOW, name, low_half_is(0, AF_UNIX));
  }

  for (const int option :
       {PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_NAME,
        PR_GET_NAME, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS,
        PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER,
        PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_SET_VMA, PR_GET_TID_ADDRESS}) {
    add(filter, SCMP_ACT_ALLOW, "prctl", low_half_is(0, static_cast<std::uint64_t>(option)));
  }
  for (const char* name : {"sched_setaffinity", "memfd_create", "timer_create"}) {
    add(filter, without_cgroups ? refuse : SCMP_ACT_ALLOW, name);
  }

  return exported(filter);
}

// Requests that file systems keep something by for the next who asks: the kinds 'f', 'X' and 'v' of
// all, 0x94 of Btrfs, 0x12 of block devices. fcntl's read-write hints stay with the file as well.
void refuse_file_marks(const Filter& filter) {
  constexpr std::uint64_t kKind = 0xff00;
  for (const std::uint64_t kind : {0x66, 0x58, 0x76, 0x94, 0x12}) {
    add(filter, SCMP_ACT_ERRNO(ENOTTY), "ioctl", bits_are(1, kKind, kind << 8));
  }
  constexpr std::uint64_t kGetHint = 1035, kSetFileHint = 1038;
  for (std::uint64_t command = kGetHint; command <= kSetFileHint; ++command) {
    add(filter, SCMP_ACT_ERRNO(EINVAL), "fcntl", low_half_is(1, command));
  }
}

// Terminal tricks: typing into, or taking over, the terminal that we were started from
// (CVE-2017-5226, CVE-2023-28100).
std::string requests_filter(bool without_cgroups) {
  const Filter filter = new_filter(SCMP_ACT_ALLOW);
  constexpr std::uint64_t kTioclinux = 0x541c;
  for (const std::uint64_t request :
       {std::uint64_t{TIOCSTI}, kTioclinux, std::uint64_t{TIOCSETD}, std::uint64_t{TIOCCONS}}) {
    add(filter, SCMP_ACT_ERRNO(EPERM), "ioctl", low_half_is(1, request));
  }
  refuse_file_marks(filter);
  if (without_cgroups) {
    add(filter, SCMP_ACT_ERRNO(EPERM), "fcntl", low_half_is(1, F_SETSIG), low_half_is(2, SIGCONT));
  }
  return exported(filter);
}

}  // namespace

const SyscallFilters& syscall_filters(bool without_cgroups) {
  static const SyscallFilters open{requests_filter(false), calls_filter(false)};
  static const SyscallFilters locked{requests_filter(true), calls_filter(true)};
  return without_cgroups ? locked : open;
}

}  // namespace joulebench
