#include "harness/sandbox/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "core/error.h"
#include "harness/sandbox/block_log.h"
#include "harness/sandbox/control_group.h"
#include "harness/sandbox/enforcement.h"
#include "harness/sandbox/gpu_grants.h"
#include "harness/sandbox/janitor.h"
#include "harness/sandbox/leftovers.h"
#include "harness/sandbox/shared_folder.h"
#include "harness/sandbox/stopped_processes.h"
#include "harness/sandbox/syscall_filter.h"
#include "harness/sandbox/user_namespaces.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr int kInsideId = 1000;  // the payload's uid and gid as it sees them
constexpr std::uint64_t kOwnProcesses =
    2;  // bubblewrap outside and its process 1 inside count as well
constexpr const char* kPath = "/usr/bin:/bin:/usr/local/bin";
using std::chrono::steady_clock;

SteadyTime now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(steady_clock::now());
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error({.what = "cannot start a sandbox",
                 .where = "pipe: " + system_message(errno),
                 .hint = "close other programs, or raise the number of open files: ulimit -n"});
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

FileDescriptor file_with(std::string_view content) {
  FileDescriptor fd(::memfd_create("joulebench", MFD_CLOEXEC));
  if (!fd.is_open() || ::pwrite(fd.get(), content.data(), content.size(), 0) !=
                           static_cast<ssize_t>(content.size())) {
    throw Error(
        {.what = "cannot start a sandbox", .where = "memfd: " + system_message(errno), .hint = {}});
  }
  return fd;
}

/// Whether user ids from `first` to `last` exist here: in a container's user namespace few may.
bool are_mapped(uid_t first, uid_t last) {
  std::ifstream map("/proc/self/uid_map");
  for (std::uint64_t inside = 0, outside = 0, count = 0; map >> inside >> outside >> count;) {
    if (first >= inside && last < inside + count) return true;
  }
  return false;
}

/// As root a uid of its own for each sandbox, so that no two that run share one. Absent for a plain
/// user, and for one who is "root" only in a container where no other uid exists: the payload then
/// has ours.
std::optional<uid_t> fresh_uid() {
  if (::geteuid() != 0) return std::nullopt;
  static std::atomic<unsigned> count{0};
  const auto number = static_cast<uid_t>(::getpid()) * 64 + count++ % 64;
  constexpr uid_t kFirst =
      1'800'000'000;  // far from people's and systemd's; 2^22 processes x 64 above it
  if (are_mapped(kFirst, kFirst + (1u << 28))) return kFirst + number;
  constexpr uid_t kFirstInContainer = 40'000;  // of the 65,536 that a container usually has
  constexpr uid_t kCountInContainer = 20'000;
  if (are_mapped(kFirstInContainer, kFirstInContainer + kCountInContainer)) {
    return kFirstInContainer + number % kCountInContainer;
  }
  return std::nullopt;
}

fs::path find_bubblewrap() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / "bwrap";
    if (folder.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw Error({.what = "cannot start a sandbox",
               .where = std::string("bubblewrap (bwrap) is in no folder of PATH=") +
                        (path == nullptr ? "" : path),
               .hint = "apt-get install bubblewrap"});
}

/// What bubblewrap said, turned into what to do.
[[noreturn]] void fail_to_start(const std::string& said) {
  std::string hint = "joulebench doctor says what a sandbox needs";
  const auto has = [&](const char* text) { return said.find(text) != std::string::npos; };
  if (has("reating new namespace failed") || has("No permissions to creat") ||
      has("setting up uid map") || has("reate new namespace") || has("unshare user ns")) {
    hint = user_namespace_remedy();
  } else if (has("No space left")) {
    hint = "free space or memory on this machine, then try again";
  } else if (has("Unknown option")) {
    hint = "bubblewrap 0.8 or newer is needed: apt-get install bubblewrap";
  }
  throw Error({.what = "cannot start a sandbox",
               .where = said.empty() ? "bubblewrap ended without a word" : said,
               .hint = hint});
}

struct RlimitSetting {
  int resource;
  rlimit value;
};

/// Everything the child needs between vfork and exec, prepared before: there it may only make
/// system calls.
struct ChildPlan {
  std::vector<int> group_entrances;  // open for writing
  std::vector<RlimitSetting> rlimits;
  std::optional<cpu_set_t> affinity;
  std::optional<uid_t> uid;
  int input = -1, output = -1, log = -1;
  std::vector<int> kept;  // descriptors that bubblewrap is told of
  pid_t parent = 0;
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
};

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
  for (const RlimitSetting& setting : plan.rlimits) {
    if (::syscall(SYS_prlimit64, 0, setting.resource, &setting.value, nullptr) != 0)
      child_fails("set a limit");
  }
  if (plan.affinity) ::sched_setaffinity(0, sizeof *plan.affinity, &*plan.affinity);
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

int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

bool is_readable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, timeout_ms) > 0;
}

/// "child-pid" of the JSON that bubblewrap writes to --info-fd; absent when it ended before.
std::optional<pid_t> read_child_pid(int info) {
  std::string text;
  char buffer[512];
  for (;;) {
    const ssize_t got = ::read(info, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(got));
    constexpr std::string_view kKey = "\"child-pid\":";
    const std::size_t at = text.find(kKey);
    if (at != std::string::npos && text.find('}', at) != std::string::npos) {
      return static_cast<pid_t>(std::strtol(text.c_str() + at + kKey.size(), nullptr, 10));
    }
  }
}

std::string drain(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while (text.size() < 65536 && (got = ::read(fd, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

/// CPU seconds and bytes of memory of a process and all below it, from /proc. For where no cgroup
/// counts.
struct TreeUse {
  double cpu_s = 0;
  std::uint64_t resident_bytes = 0;  // what processes share counts for each
  std::uint64_t own_bytes = 0;  // what they share counts once; slow to read, so only when asked for
};

/// "Pss" of /proc/PID/smaps_rollup.
std::uint64_t proportional_bytes(const std::string& folder) {
  std::ifstream file(folder + "/smaps_rollup");
  std::string word;
  std::uint64_t kilobytes = 0;
  while (file >> word && word != "Pss:") {
  }
  file >> kilobytes;
  return kilobytes * 1024;
}

void add_tree(pid_t pid, bool proportional, TreeUse& use, int depth = 0) {
  if (depth > 200) return;
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream stat(folder + "/stat");
  std::string line;
  std::getline(stat, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0, waited_user = 0, waited_system = 0;
  fields >> user >> system >> waited_user >> waited_system;
  use.cpu_s +=
      (user + system + waited_user + waited_system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream statm(folder + "/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  use.resident_bytes += resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (proportional) use.own_bytes += proportional_bytes(folder);
  std::error_code ignored;
  for (fs::directory_iterator task(folder + "/task", ignored), end; !ignored && task != end;
       task.increment(ignored)) {
    std::ifstream children(task->path() / "children");
    for (pid_t child = 0; children >> child;) add_tree(child, proportional, use, depth + 1);
  }
}

bool shown_inside(const fs::path& path) {
  return path.string().starts_with("/usr/") || path == "/usr";
}

}  // namespace

struct Sandbox::State {
  SandboxSpec spec;
  std::map<std::string, std::string> enforcement;
  std::unique_ptr<ControlGroup> group;
  std::vector<std::unique_ptr<LentFolder>> lent;  // writable mounts, ours again when this goes

  pid_t outer = -1;  // bubblewrap; our child
  pid_t inner = -1;  // process 1 inside, as we see it
  FileDescriptor outer_handle;
  FileDescriptor inner_handle;
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor log_pipe;
  FileDescriptor out_folder;              // /jb/out; keeps it alive after all processes
  FileDescriptor tmp_folder, shm_folder;  // only where we count memory ourselves
  FileDescriptor wake_read, wake_write;
  SteadyTime started{};
  rusage usage{};

  std::thread watcher;
  mutable std::mutex mutex;  // guards log, broken and detail
  BlockLog log{0};
  std::optional<Outcome> broken;
  std::string detail;

  std::mutex freeze_mutex;  // guards the next two: a broken limit thaws from the watching thread
  bool dying = false;       // thawed for good
  std::unique_ptr<StoppedProcesses> stopped;  // only where no control group can freeze

  bool reaped = false;
  std::optional<Seconds> last_cpu;
  std::optional<SandboxEnd> end;

  void start();
  void watch();
  void check_limits(bool slow);
  void drain_log();
  std::optional<Seconds> cpu_time() const;
  void break_limit(Outcome outcome, std::string text);
  void freeze();
  void thaw();
  void kill_inside();
  bool reap(int timeout_ms);
  SandboxEnd finish();
  std::vector<std::string> bubblewrap_arguments(std::vector<FileDescriptor>& files, int info,
                                                int block, bool without_cgroups) const;
};

std::vector<std::string> Sandbox::State::bubblewrap_arguments(std::vector<FileDescriptor>& files,
                                                              int info, int block,
                                                              bool without_cgroups) const {
  const Limits& limits = spec.limits;
  std::vector<std::string> a = {"bwrap"};
  const auto add = [&a](std::initializer_list<std::string> words) { a.insert(a.end(), words); };
  const auto file = [&files](std::string_view content) {
    files.push_back(file_with(content));
    return std::to_string(files.back().get());
  };
  const std::string id = std::to_string(kInsideId);
  add({"--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
       "--unshare-cgroup-try", "--disable-userns", "--uid", id, "--gid", id, "--hostname",
       "sandbox", "--die-with-parent", "--new-session", "--clearenv"});
  std::map<std::string, std::string> environment = {{"PATH", kPath},
                                                    {"HOME", "/tmp"},
                                                    {"TMPDIR", "/tmp"},
                                                    {"LANG", "C.UTF-8"},
                                                    {"USER", "entry"}};
  for (const auto& [name, value] : spec.environment) environment[name] = value;
  for (const auto& [name, value] : environment) add({"--setenv", name, value});

  add({"--ro-bind", "/usr", "/usr"});
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code ignored;
    if (fs::is_symlink(name, ignored)) {
      add({"--symlink", fs::read_symlink(name, ignored).string(), name});
    } else if (fs::is_directory(name, ignored)) {
      add({"--ro-bind", name, name});
    }
  }
  // Debian's libblas.so.3, cc and c++ are links through here.
  add({"--ro-bind-try", "/etc/alternatives", "/etc/alternatives"});
  add({"--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"});
  add({"--perms", "0444", "--file",
       file("root:x:0:0::/:/bin/false\nentry:x:" + id + ":" + id + "::/tmp:/bin/false\n"),
       "/etc/passwd"});
  add({"--perms", "0444", "--file", file("root:x:0:\nentry:x:" + id + ":\n"), "/etc/group"});
  for (const fs::path& hidden : spec.hidden) {
    std::error_code ignored;
    const fs::path real = fs::canonical(hidden, ignored);
    if (!ignored && shown_inside(real))
      add({"--size", "4096", "--perms", "0555", "--tmpfs", real.string()});
  }

  add({"--proc", "/proc"});
  // Of the machine, these tell which one it is; nobody needs them.
  add({"--ro-bind", "/dev/null", "/proc/sys/kernel/random/boot_id"});
  add({"--size", "65536", "--perms", "0755", "--tmpfs", "/dev"});
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    add({"--dev-bind", device, device});
  }
  for (const auto& device : granted_gpus(limits.gpus, spec.require_limits)) {
    add({"--dev-bind", device, device});
  }
  add({"--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin",
       "--symlink", "/proc/self/fd/1", "/dev/stdout", "--symlink", "/proc/self/fd/2",
       "/dev/stderr"});
  // Half of the memory each, so that a full one is an error of its writer before it is everybody's
  // death.
  const std::string scratch =
      std::to_string(std::max<std::uint64_t>(limits.memory_bytes / 2, 65536));
  add({"--size", scratch, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"});
  add({"--size", scratch, "--perms", "1777", "--tmpfs", "/tmp"});
  add({"--size", std::to_string(std::max<std::uint64_t>(limits.output_bytes, 4096)), "--perms",
       "0755", "--tmpfs", "/jb/out"});
  for (const SandboxMount& mount : spec.mounts) {
    add({mount.writable ? "--bind" : "--ro-bind", mount.host.string(), mount.inside});
  }
  add({"--remount-ro", "/", "--chdir", spec.working_folder});
  const SyscallFilters& filters = syscall_filters(without_cgroups);
  add({"--add-seccomp-fd", file(filters.requests), "--add-seccomp-fd", file(filters.calls)});
  add({"--info-fd", std::to_string(info), "--block-fd", std::to_string(block), "--"});
  a.insert(a.end(), spec.command.begin(), spec.command.end());
  return a;
}

void Sandbox::State::start() {
  const Limits& limits = spec.limits;
  if (spec.command.empty()) throw std::logic_error("a sandbox without a command is a bug");
  const fs::path bubblewrap = find_bubblewrap();
  start_janitor();
  // What bubblewrap leaves behind becomes ours to reap, not a zombie of the machine's first
  // process.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ChildPlan plan;
  plan.uid = fresh_uid();

  for (SandboxMount& mount : spec.mounts) {
    std::error_code code;
    const fs::path real = fs::canonical(mount.host, code);
    if (code || !fs::is_directory(real, code)) {
      throw Error({.what = "cannot show a folder to the sandbox",
                   .where = mount.host.string() + ": " + (code ? code.message() : "not a folder"),
                   .hint = {}});
    }
    mount.host = real;
    if (mount.writable) lent.push_back(std::make_unique<LentFolder>(real, plan.uid));
    require_reachable(real, plan.uid);
    struct statvfs system {};
    if (mount.inside == spec.working_folder && ::statvfs(real.c_str(), &system) == 0 &&
        (system.f_flag & ST_NOEXEC) != 0) {
      throw Error({.what = "programs of a submission cannot be started from where it lies",
                   .where = real.string() + ": its file system is mounted noexec",
                   .hint = "use another temporary folder: --scratch DIR"});
    }
  }

  const std::uint64_t processes = limits.processes + kOwnProcesses;
  static std::atomic<unsigned> count{0};
  group = std::make_unique<ControlGroup>(
      places_for_blocks(), block_name(count++),
      ControlGroup::Wanted{
          .memory_bytes = limits.memory_bytes, .processes = processes, .cpus = limits.cpus});
  enforcement = group->enforcement();
  if (!enforcement.contains("freeze")) enforcement["freeze"] = "signal";
  const bool without_cgroups = !enforcement.contains("cpus") || !enforcement.contains("memory") ||
                               enforcement["freeze"] == "signal";
  if (!enforcement.contains("cpus")) {
    cpu_set_t ours, chosen;
    CPU_ZERO(&chosen);
    if (::sched_getaffinity(0, sizeof ours, &ours) == 0) {
      unsigned left = limits.cpus;
      for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && left > 0; --cpu) {
        if (CPU_ISSET(cpu, &ours)) {
          CPU_SET(cpu, &chosen);
          --left;
        }
      }
      plan.affinity = chosen;
      enforcement["cpus"] = "rlimit";
    }
  }

  const auto limit = [&plan](int resource, std::uint64_t value) {
    // Never above what we have ourselves: a plain user may not raise it.
    rlimit ours{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &ours);
    const rlim_t hard = std::min<rlim_t>(value, ours.rlim_max);
    plan.rlimits.push_back({resource, {hard, hard}});
  };
  limit(RLIMIT_CORE, 1);  // 1, not 0: also keeps a core_pattern pipe from starting (core(5))
  limit(RLIMIT_NOFILE, std::max<std::uint64_t>(spec.open_files, 32));
  limit(RLIMIT_MEMLOCK, 64u << 20);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_NICE, 0);
  limit(RLIMIT_RTPRIO, 0);
  limit(RLIMIT_SIGPENDING, 4096);
  limit(RLIMIT_FSIZE, std::max(limits.memory_bytes, limits.output_bytes));
  limit(RLIMIT_STACK, std::min<std::uint64_t>(8u << 20, limits.memory_bytes));
  const Seconds cpu_limit = spec.cpu_time.value_or(limits.wall * limits.cpus);
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(cpu_limit.count()) + 2);
  if (plan.uid) limit(RLIMIT_NPROC, processes);  // its uid is its own: this counts nobody else
  if (!enforcement.contains("memory")) {
    limit(RLIMIT_DATA, limits.memory_bytes);
    enforcement["memory"] = "polled";
  }
  if (!enforcement.contains("processes")) enforcement["processes"] = "rlimit";
  enforcement["cpu_time"] = "polled";
  enforcement["wall_time"] = "polled";
  enforcement["output_bytes"] = lent.empty() ? "tmpfs" : "polled";
  enforcement["output_files"] = "polled";
  enforcement["open_files"] = "rlimit";
  enforcement["log_bytes"] = "polled";
  if (spec.require_limits) require_enforced(enforcement);

  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe(), info = make_pipe(),
       block = make_pipe(), wake = make_pipe();
  std::vector<FileDescriptor> files;
  const std::vector<std::string> words =
      bubblewrap_arguments(files, info.write_end.get(), block.read_end.get(), without_cgroups);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char path_variable[] = "PATH=/usr/bin:/bin";
  char* const environment[] = {path_variable, nullptr};

  std::vector<FileDescriptor> entrances;
  for (const fs::path& file : group->entrances()) {
    entrances.emplace_back(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    plan.group_entrances.push_back(entrances.back().get());
  }
  plan.input = in.read_end.get();
  plan.output = out.write_end.get();
  plan.log = err.write_end.get();
  plan.kept = {info.write_end.get(), block.read_end.get()};
  for (const FileDescriptor& file : files) plan.kept.push_back(file.get());
  plan.parent = ::getpid();
  plan.program = bubblewrap.c_str();
  plan.arguments = arguments.data();
  plan.environment = environment;
  if (plan.uid) {
    // So that it may open /dev/stdin and its like.
    for (const int pipe : {plan.input, plan.output, plan.log}) {
      if (::fchown(pipe, *plan.uid, *plan.uid) != 0) break;
    }
  }
  started = now();
  outer = launch(plan);
  outer_handle = FileDescriptor(open_pidfd(outer));
  in.read_end.close();
  out.write_end.close();
  err.write_end.close();
  info.write_end.close();
  block.read_end.close();

  const auto give_up = [&] {
    ::kill(outer, SIGKILL);
    reap(-1);
    ::fcntl(err.read_end.get(), F_SETFL, O_NONBLOCK);
    std::string said = printable_tail(drain(err.read_end.get()), 3);
    while (!said.empty() && said.back() == '\n') said.pop_back();
    fail_to_start(said);
  };
  const std::optional<pid_t> child = read_child_pid(info.read_end.get());
  if (!child) give_up();
  inner = *child;
  inner_handle = FileDescriptor(open_pidfd(inner));
  if (!inner_handle.is_open()) give_up();
  // The payload waits at --block-fd until its world is complete, and we hold its output folder. No
  // one else can have put something in its place: /jb is on a read-only root.
  const std::string folder = "/proc/" + std::to_string(inner) + "/root/jb/out";
  for (;;) {
    FileDescriptor found(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct statfs kind {};
    if (found.is_open() && ::fstatfs(found.get(), &kind) == 0 && kind.f_type == TMPFS_MAGIC) {
      out_folder = std::move(found);
      break;
    }
    if (is_readable(outer_handle.get(), 0) || now() - started > std::chrono::seconds(30)) give_up();
    const timespec pause{0, 50'000};
    ::nanosleep(&pause, nullptr);
  }
  if (enforcement["memory"] == "polled") {
    const std::string inside = "/proc/" + std::to_string(inner) + "/root";
    tmp_folder = FileDescriptor(
        ::open((inside + "/tmp").c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    shm_folder = FileDescriptor(
        ::open((inside + "/dev/shm").c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!plan.uid && enforcement["processes"] == "rlimit") {
    // Only now: counted within the payload's own user namespace, not over all of this user's
    // processes.
    const rlimit value{processes - 1, processes - 1};
    if (::prlimit(inner, RLIMIT_NPROC, &value, nullptr) != 0) enforcement["processes"] = "none";
    if (spec.require_limits && enforcement["processes"] == "none") {
      ::kill(outer, SIGKILL);
      reap(-1);
      require_enforced(enforcement);
    }
  }

  log = BlockLog(limits.log_bytes);
  input = std::move(in.write_end);
  output = std::move(out.read_end);
  log_pipe = std::move(err.read_end);
  wake_read = std::move(wake.read_end);
  wake_write = std::move(wake.write_end);
  for (const int fd : {input.get(), output.get(), log_pipe.get()}) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  watcher = std::thread([this] { watch(); });
  if (::write(block.write_end.get(), "x", 1) != 1) give_up();
}

void Sandbox::State::break_limit(Outcome outcome, std::string text) {
  {
    const std::lock_guard lock(mutex);
    if (!broken) {
      broken = outcome;
      detail = std::move(text);
    }
  }
  kill_inside();
}

void Sandbox::State::freeze() {
  const std::lock_guard lock(freeze_mutex);
  if (dying || stopped || reaped) return;
  if (!group->freeze()) stopped = std::make_unique<StoppedProcesses>(inner);
}

void Sandbox::State::thaw() {
  const std::lock_guard lock(freeze_mutex);
  group->thaw();
  stopped.reset();
}

/// Process 1 of its namespace takes all others with it.
void Sandbox::State::kill_inside() {
  ::syscall(SYS_pidfd_send_signal, inner_handle.get(), SIGKILL, nullptr, 0);
  // In cgroup v1 a frozen process dies only when it is thawed.
  const std::lock_guard lock(freeze_mutex);
  dying = true;
  group->thaw();
  stopped.reset();
}

void Sandbox::State::drain_log() {
  static thread_local char buffer[1 << 16];
  // Bounded per call, so that a flood cannot keep us from checking limits.
  for (int i = 0; i < 64; ++i) {
    const ssize_t got = ::read(log_pipe.get(), buffer, sizeof buffer);
    if (got <= 0) return;
    const std::lock_guard lock(mutex);
    log.append({buffer, static_cast<std::size_t>(got)});
  }
}

void Sandbox::State::watch() {
  // Rare enough to cost nothing while it is measured; where we count memory ourselves that matters
  // more.
  // A build is not measured, and fills a disk.
  const auto tick = std::chrono::milliseconds(enforcement["memory"] == "polled" ? 100
                                              : lent.empty()                    ? 1000
                                                                                : 250);
  SteadyTime next_check = now() + tick;
  int ticks = 0;
  bool log_open = true;
  for (;;) {
    pollfd events[] = {{wake_read.get(), POLLIN, 0}, {log_open ? log_pipe.get() : -1, POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_check - now()).count();
    ::poll(events, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
    if (events[0].revents != 0) break;
    if ((events[1].revents & POLLIN) != 0) {
      drain_log();
    } else if (events[1].revents != 0) {
      log_open = false;
    }
    if (now() >= next_check) {
      check_limits(++ticks % 2 == 0);
      next_check = now() + tick;
    }
  }
  // All that could write is dead: what is in the pipe is what there is.
  drain_log();
}

void Sandbox::State::check_limits(bool slow) {
  const Limits& limits = spec.limits;
  if (now() - started > limits.wall) {
    break_limit(Outcome::timeout,
                "it ran longer than the limit of " + rounded(limits.wall.count()) + " s");
  }
  const Seconds cpu_limit = spec.cpu_time.value_or(limits.wall * limits.cpus);
  const std::optional<Seconds> cpu = cpu_time();
  if (cpu && *cpu > cpu_limit) {
    break_limit(Outcome::cpu, "it used " + rounded(cpu->count()) +
                                  " s of CPU time, more than the limit of " +
                                  rounded(cpu_limit.count()) + " s");
  }
  struct statfs out {};
  if (::fstatfs(out_folder.get(), &out) == 0) {
    const std::uint64_t files = out.f_files - out.f_ffree;
    if (files > spec.output_files + 1) {
      break_limit(Outcome::output, "it wrote " + std::to_string(files - 1) +
                                       " files to /jb/out, more than the limit of " +
                                       std::to_string(spec.output_files));
    }
  }
  if (enforcement["memory"] == "polled") {
    // Files in memory count as well, mapped or not.
    std::uint64_t files = 0;
    for (const FileDescriptor* folder : {&out_folder, &tmp_folder, &shm_folder}) {
      struct statfs use {};
      if (folder->is_open() && ::fstatfs(folder->get(), &use) == 0) {
        files += (use.f_blocks - use.f_bfree) * static_cast<std::uint64_t>(use.f_bsize);
      }
    }
    TreeUse use;
    add_tree(inner, false, use);
    if (use.resident_bytes + files > limits.memory_bytes) add_tree(inner, true, use);
    if (use.own_bytes + files > limits.memory_bytes) {
      break_limit(Outcome::memory, "it used " + std::to_string((use.own_bytes + files) >> 20) +
                                       " MB of memory, more than the limit of " +
                                       std::to_string(limits.memory_bytes >> 20) + " MB");
    }
  }
  if (!slow) return;
  FolderUse use;
  for (const auto& folder : lent) add_use(folder->path(), use);
  if (use.bytes > limits.output_bytes || use.files > spec.output_files) {
    break_limit(Outcome::output, "it wrote " + std::to_string(use.bytes >> 20) + " MB in " +
                                     std::to_string(use.files) + " files; the limits are " +
                                     std::to_string(limits.output_bytes >> 20) + " MB and " +
                                     std::to_string(spec.output_files) + " files");
  }
}

std::optional<Seconds> Sandbox::State::cpu_time() const {
  if (last_cpu) return last_cpu;
  if (const auto counted = group->cpu_time()) return counted;
  if (reaped) return std::nullopt;
  TreeUse use;
  add_tree(inner, false, use);
  return Seconds(use.cpu_s);
}

bool Sandbox::State::reap(int timeout_ms) {
  if (reaped) return true;
  if (!is_readable(outer_handle.get(), timeout_ms)) return false;
  int status = 0;
  while (::wait4(outer, &status, 0, &usage) < 0) {
    if (errno != EINTR) break;
  }
  reaped = true;
  end.emplace();
  if (WIFSIGNALED(status)) {
    end->signal = WTERMSIG(status);
    end->exit_status = 128 + end->signal;
  } else {
    end->exit_status = WEXITSTATUS(status);
    if (end->exit_status > 128 && end->exit_status <= 128 + SIGRTMAX)
      end->signal = end->exit_status - 128;
  }
  return true;
}

/// All that follows the end of the command: kills the rest, collects what is known, gives
/// everything back.
SandboxEnd Sandbox::State::finish() {
  if (watcher.joinable()) {
    kill_inside();
    // Process 1 is gone only after all others in its namespace are.
    is_readable(inner_handle.get(), 10'000);
    if (!reap(5'000)) {
      ::kill(outer, SIGKILL);
      reap(-1);
    }
    while (::waitpid(inner, nullptr, 0) < 0 && errno == EINTR) {
    }
    [[maybe_unused]] const ssize_t ignored = ::write(wake_write.get(), "x", 1);
    watcher.join();
    last_cpu = group->cpu_time();
    end->peak_memory_bytes =
        group->peak_memory().value_or(static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
    const Limits& limits = spec.limits;
    struct statfs out {};
    if (!broken && group->out_of_memory_kills() > 0) {
      broken = Outcome::memory;
      detail = "it needed more than the limit of " + std::to_string(limits.memory_bytes >> 20) +
               " MB of memory";
    } else if (!broken && end->exit_status != 0 && group->refused_forks() > 0) {
      broken = Outcome::processes;
      detail = "it tried to start more than the limit of " + std::to_string(limits.processes) +
               " processes and threads";
    } else if (!broken && end->exit_status != 0 && ::fstatfs(out_folder.get(), &out) == 0 &&
               out.f_bfree == 0) {
      broken = Outcome::output;
      detail = "it wrote more than the limit of " + std::to_string(limits.output_bytes >> 20) +
               " MB to /jb/out";
    } else if (!broken && end->signal == SIGXCPU) {
      broken = Outcome::cpu;
      detail = "it used more CPU time than its limit";
    }
    end->broken_limit = broken;
    end->detail = detail;
    group->remove();
    lent.clear();
  }
  return *end;
}

Sandbox::Sandbox(SandboxSpec spec) : state_(std::make_unique<State>()) {
  state_->spec = std::move(spec);
  state_->start();
}

Sandbox::~Sandbox() {
  try {
    state_->finish();
  } catch (...) {  // NOLINT: a destructor does not throw; doctor finds what stayed
  }
}

int Sandbox::to_program() const {
  return state_->input.get();
}
int Sandbox::from_program() const {
  return state_->output.get();
}
void Sandbox::close_input() {
  state_->input.close();
}
std::optional<Seconds> Sandbox::cpu_time() const {
  return state_->cpu_time();
}
std::optional<std::uint64_t> Sandbox::peak_memory() const {
  return state_->reaped ? std::nullopt : state_->group->peak_memory();
}
std::vector<int> Sandbox::cpus() const {
  std::vector<int> cpus;
  cpu_set_t allowed;
  if (state_->reaped || ::sched_getaffinity(state_->inner, sizeof allowed, &allowed) != 0) {
    return cpus;
  }
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

void Sandbox::freeze() {
  state_->freeze();
}
void Sandbox::thaw() {
  state_->thaw();
}

bool Sandbox::has_ended() {
  return state_->reap(0);
}

SandboxEnd Sandbox::wait(Seconds at_most) {
  const auto deadline = now() + std::chrono::duration_cast<std::chrono::nanoseconds>(at_most);
  while (!state_->reap(
      static_cast<int>(std::clamp<double>(Seconds(deadline - now()).count() * 1e3 + 1, 0, 1e6)))) {
    if (now() >= deadline) break;
  }
  return state_->finish();
}

SandboxEnd Sandbox::kill() {
  return state_->finish();
}

std::optional<std::string> Sandbox::read_output(std::string_view name, std::size_t max_bytes,
                                                std::string& problem, FileStamp* stamp) const {
  return read_strangers_file(state_->out_folder.get(), std::string(name), max_bytes, problem,
                             stamp);
}

std::optional<FileStamp> Sandbox::stamp_output(std::string_view name, std::string& problem) const {
  return stamp_strangers_file(state_->out_folder.get(), std::string(name), problem);
}

void Sandbox::remove_output(std::string_view name) const {
  const std::string file(name);
  if (file.find('/') != std::string::npos) return;
  if (::unlinkat(state_->out_folder.get(), file.c_str(), 0) != 0 && errno == EISDIR) {
    ::unlinkat(state_->out_folder.get(), file.c_str(), AT_REMOVEDIR);
  }
}

std::string Sandbox::log_tail(std::size_t max_lines) const {
  return printable_tail(log(), max_lines);
}

std::string Sandbox::log() const {
  const std::lock_guard lock(state_->mutex);
  return state_->log.text();
}

const std::map<std::string, std::string>& Sandbox::enforcement() const {
  return state_->enforcement;
}

}  // namespace joulebench
