#include "harness/sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>

#include "core/child_process.h"
#include "core/clock.h"
#include "core/error.h"
#include "harness/sandbox/block_log.h"
#include "harness/sandbox/bubblewrap.h"
#include "harness/sandbox/control_group.h"
#include "harness/sandbox/enforcement.h"
#include "harness/sandbox/janitor.h"
#include "harness/sandbox/launch.h"
#include "harness/sandbox/leftovers.h"
#include "harness/sandbox/limit_watch.h"
#include "harness/sandbox/process_limits.h"
#include "harness/sandbox/process_tree.h"
#include "harness/sandbox/sandbox_user.h"
#include "harness/sandbox/shared_folder.h"
#include "harness/sandbox/stopped_processes.h"
#include "harness/sandbox/writable_mount.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kOwnProcesses =
    2;  // bubblewrap outside and its process 1 inside count as well

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

/// What bubblewrap is started with: its ends of these go to it, ours stay.
struct Pipes {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe info = make_pipe();   // bubblewrap tells of its child
  Pipe block = make_pipe();  // the command starts when something is written here

  void close_theirs() {
    in.read_end.close();
    out.write_end.close();
    err.write_end.close();
    info.write_end.close();
    block.read_end.close();
  }
};

FileDescriptor open_pidfd(pid_t pid) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

FileDescriptor open_folder(const std::string& path) {
  return FileDescriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool is_readable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, timeout_ms) > 0;
}

std::string drain(int fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while (text.size() < 65536 && (got = ::read(fd, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

fs::path real_folder(const fs::path& folder) {
  std::error_code code;
  const fs::path real = fs::canonical(folder, code);
  if (code || !fs::is_directory(real, code)) {
    throw Error({.what = "cannot show a folder to the sandbox",
                 .where = folder.string() + ": " + (code ? code.message() : "not a folder"),
                 .hint = {}});
  }
  return real;
}

void require_programs(const fs::path& folder, const char* what, const char* hint) {
  struct statvfs system {};
  if (::statvfs(folder.c_str(), &system) != 0 || (system.f_flag & ST_NOEXEC) == 0) return;
  throw Error({.what = what,
               .where = folder.string() + ": its file system is mounted noexec",
               .hint = hint});
}

}  // namespace

struct Sandbox::State {
  SandboxSpec spec;
  std::map<std::string, std::string> enforcement;
  bool without_cgroups = false;  // at least in part: the system call filter helps out
  std::optional<uid_t> uid;      // outside
  std::unique_ptr<ControlGroup> group;
  std::vector<WritableMount> writable;

  ChildProcess outer;  // bubblewrap
  pid_t inner = -1;    // process 1 inside, as we see it
  FileDescriptor inner_handle;
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor out_folder;  // /jb/out; keeps it alive after all processes
  SteadyTime started{};

  std::mutex freeze_mutex;  // guards the next two: a broken limit thaws from the watching thread
  bool dying = false;       // thawed for good
  std::unique_ptr<StoppedProcesses> stopped;  // only where no control group can freeze

  bool reaped = false;
  std::optional<Seconds> last_cpu;
  std::optional<SandboxEnd> end;
  bool finished = false;
  std::unique_ptr<LimitWatch> watch;  // last: its thread uses the others

  std::vector<OutputFolder> outputs() const;
  std::uint64_t most_processes() const { return spec.limits.processes + kOwnProcesses; }
  void start();
  void prepare_mounts();
  ProcessLimits prepare_limits();
  void launch_bubblewrap(Pipes& pipes, const ProcessLimits& limits);
  void wait_for_its_world(Pipes& pipes);
  void fill_writable_mounts();
  void limit_processes_inside();
  void start_watching(Pipes& pipes);
  void end_early();
  [[noreturn]] void give_up(const Pipes& pipes);

  std::optional<Seconds> cpu_time() const;
  void freeze();
  void thaw();
  void kill_inside();
  bool reap(int timeout_ms);
  void explain_end(bool dismissed);
  void keep_writable_mounts();
  SandboxEnd finish(bool dismissed = false);
};

void Sandbox::State::start() {
  if (spec.command.empty()) throw std::logic_error("a sandbox without a command is a bug");
  find_bubblewrap();  // the first thing to say where it is missing
  start_janitor();
  // What bubblewrap leaves behind becomes ours to reap, not a zombie of the machine's first
  // process.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  uid = fresh_uid();
  prepare_mounts();
  const ProcessLimits limits = prepare_limits();
  Pipes pipes;
  launch_bubblewrap(pipes, limits);
  wait_for_its_world(pipes);
  fill_writable_mounts();
  if (!uid && enforcement["processes"] == "rlimit") limit_processes_inside();
  start_watching(pipes);
  if (::write(pipes.block.write_end.get(), "x", 1) != 1) give_up(pipes);
}

void Sandbox::State::prepare_mounts() {
  if (!spec.root.empty()) {
    spec.root = real_folder(spec.root);
    require_reachable(spec.root, uid);
    require_programs(spec.root, "programs of an environment cannot be started from where it lies",
                     "keep environments in another folder: JOULEBENCH_ENVIRONMENTS=DIR");
  }
  for (SandboxMount& mount : spec.mounts) {
    mount.host = real_folder(mount.host);
    if (mount.writable) {
      mount.room_bytes = writable.emplace_back(mount, spec.limits).room();
      continue;
    }
    open_to_sandbox(mount.host, uid);
    require_reachable(mount.host, uid);
    if (mount.inside == spec.working_folder) {
      require_programs(mount.host, "programs of a submission cannot be started from where it lies",
                       "use another temporary folder: --scratch DIR");
    }
  }
}

/// Makes the control group, takes what it does not hold by other means, and notes how each limit is
/// enforced.
ProcessLimits Sandbox::State::prepare_limits() {
  static std::atomic<unsigned> count{0};
  group =
      std::make_unique<ControlGroup>(places_for_blocks(), block_name(count++),
                                     ControlGroup::Wanted{.memory_bytes = spec.limits.memory_bytes,
                                                          .processes = most_processes(),
                                                          .cpus = spec.limits.cpus,
                                                          .cpus_before = spec.cpus_before});
  enforcement = group->enforcement();
  for (const char* name : {"memory", "cpus", "freeze"}) {
    without_cgroups |= !enforcement.contains(name);
  }
  ProcessLimitsWanted wanted{.data = !enforcement.contains("memory"),
                             .affinity = !enforcement.contains("cpus")};
  if (uid) wanted.processes = most_processes();  // its uid is its own: this counts nobody else
  const ProcessLimits limits = process_limits(spec, wanted);
  if (limits.affinity) enforcement["cpus"] = "rlimit";
  if (!enforcement.contains("freeze")) enforcement["freeze"] = "signal";
  if (!enforcement.contains("memory")) enforcement["memory"] = "polled";
  if (!enforcement.contains("processes")) enforcement["processes"] = "rlimit";
  enforcement["cpu_time"] = "polled";
  enforcement["wall_time"] = "polled";
  enforcement["output_bytes"] = "tmpfs";
  enforcement["output_files"] = "polled";
  enforcement["open_files"] = "rlimit";
  enforcement["log_bytes"] = "polled";
  if (spec.require_limits) require_enforced(enforcement);
  return limits;
}

void Sandbox::State::launch_bubblewrap(Pipes& pipes, const ProcessLimits& limits) {
  const BubblewrapCommand command = bubblewrap_command(spec, pipes.info.write_end.get(),
                                                       pipes.block.read_end.get(), without_cgroups);
  LaunchPlan plan;
  plan.command = command.words;
  plan.limits = limits;
  plan.uid = uid;
  std::vector<FileDescriptor> entrances;
  for (const fs::path& file : group->entrances()) {
    entrances.emplace_back(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    plan.group_entrances.push_back(entrances.back().get());
  }
  plan.on_terminal = spec.on_terminal;
  if (!spec.on_terminal) {
    plan.input = pipes.in.read_end.get();
    plan.output = pipes.out.write_end.get();
    plan.log = pipes.err.write_end.get();
  }
  plan.kept = {pipes.info.write_end.get(), pipes.block.read_end.get()};
  for (const FileDescriptor& file : command.files) plan.kept.push_back(file.get());
  if (uid && !spec.on_terminal) {
    // So that it may open /dev/stdin and its like.
    for (const int pipe : {plan.input, plan.output, plan.log}) {
      if (::fchown(pipe, *uid, *uid) != 0) break;
    }
  }
  started = SystemClock().now();
  outer = launch(plan);
  pipes.close_theirs();
}

/// Ends it before its command has begun.
void Sandbox::State::end_early() {
  outer.signal(SIGKILL);
  reap(-1);
  while (inner > 0 && ::waitpid(inner, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Sandbox::State::give_up(const Pipes& pipes) {
  end_early();
  std::string said = printable_tail(drain(pipes.err.read_end.get()), 3);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  fail_to_start(said);
}

void Sandbox::State::wait_for_its_world(Pipes& pipes) {
  const std::optional<pid_t> child = read_child_pid(pipes.info.read_end.get());
  if (!child) give_up(pipes);
  inner = *child;
  inner_handle = open_pidfd(inner);
  if (!inner_handle.is_open()) give_up(pipes);
  // The program waits at --block-fd until its world is complete, and we hold its output folder. No
  // one else can have put something in its place: /jb is on a read-only root.
  const std::string folder = "/proc/" + std::to_string(inner) + "/root/jb/out";
  for (;;) {
    FileDescriptor found = open_folder(folder);
    struct statfs kind {};
    if (found.is_open() && ::fstatfs(found.get(), &kind) == 0 && kind.f_type == TMPFS_MAGIC) {
      out_folder = std::move(found);
      return;
    }
    if (is_readable(outer.handle(), 0) ||
        SystemClock().now() - started > std::chrono::seconds(30)) {
      give_up(pipes);
    }
    // A twentieth of what was waited for already, so that a busy machine is not kept busier.
    const auto waited = SystemClock().now() - started;
    std::this_thread::sleep_for(std::clamp<std::chrono::nanoseconds>(
        waited / 20, std::chrono::microseconds(50), std::chrono::milliseconds(2)));
  }
}

void Sandbox::State::fill_writable_mounts() {
  try {
    for (WritableMount& mount : writable) {
      mount.fill(open_folder("/proc/" + std::to_string(inner) + "/root" + mount.inside()), uid);
    }
  } catch (...) {
    end_early();
    throw;
  }
}

std::vector<OutputFolder> Sandbox::State::outputs() const {
  std::vector<OutputFolder> all{{out_folder.get(), "/jb/out", spec.limits.output_bytes}};
  for (const WritableMount& mount : writable) {
    all.push_back({mount.folder(), mount.inside(), mount.room()});
  }
  return all;
}

/// For a plain user, and only now: counted within the program's own user namespace, not over all of
/// this user's processes.
void Sandbox::State::limit_processes_inside() {
  const rlimit value{most_processes() - 1, most_processes() - 1};
  if (::prlimit(inner, RLIMIT_NPROC, &value, nullptr) != 0) enforcement["processes"] = "none";
  if (spec.require_limits && enforcement["processes"] == "none") {
    end_early();
    require_enforced(enforcement);
  }
}

void Sandbox::State::start_watching(Pipes& pipes) {
  input = std::move(pipes.in.write_end);
  output = std::move(pipes.out.read_end);
  for (const int fd : {input.get(), output.get(), pipes.err.read_end.get()}) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  WatchedSandbox watched{.spec = &spec,
                         .first = inner,
                         .started = started,
                         .log_pipe = std::move(pipes.err.read_end),
                         .outputs = outputs(),
                         .counts_memory = enforcement["memory"] == "polled",
                         .cpu_time = [this] { return cpu_time(); },
                         .kill = [this] { kill_inside(); }};
  if (watched.counts_memory) {
    const std::string inside = "/proc/" + std::to_string(inner) + "/root";
    watched.tmp_folder = open_folder(inside + "/tmp");
    watched.shm_folder = open_folder(inside + "/dev/shm");
  }
  watch = std::make_unique<LimitWatch>(std::move(watched));
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

std::optional<Seconds> Sandbox::State::cpu_time() const {
  if (last_cpu) return last_cpu;
  if (const auto counted = group->cpu_time()) return counted;
  if (reaped) return std::nullopt;
  return use_of_tree(inner, false).cpu;
}

bool Sandbox::State::reap(int timeout_ms) {
  if (reaped) return true;
  if (!is_readable(outer.handle(), timeout_ms)) return false;
  const ChildEnd ended = outer.wait();
  reaped = true;
  end.emplace();
  end->exit_status = ended.exit_status;
  end->signal = ended.signal;
  // bubblewrap says as a shell does what ended its command.
  if (end->signal == 0 && end->exit_status > 128 && end->exit_status <= 128 + SIGRTMAX) {
    end->signal = end->exit_status - 128;
  }
  end->peak_memory_bytes = ended.max_rss_bytes;
  return true;
}

/// What to say of an output folder without room; absent: there is some.
std::optional<std::string> full_folder(const OutputFolder& output, const SandboxSpec&) {
  struct statfs use {};
  if (::fstatfs(output.folder, &use) != 0 || use.f_bfree != 0) return {};
  return "it wrote more than the limit of " + std::to_string(output.bytes / 1'000'000) + " MB to " +
         output.inside;
}

/// Which limit ended it, as far as known. `dismissed`: we ended what had done all that it should.
void Sandbox::State::explain_end(bool dismissed) {
  const bool has_failed = end->exit_status != 0 && !dismissed;
  const Limits& limits = spec.limits;
  const auto explain = [this](Outcome outcome, std::string detail) {
    end->broken_limit = outcome;
    end->detail = std::move(detail);
  };
  const auto first_said = [this](auto say) -> std::optional<std::string> {
    for (const OutputFolder& folder : outputs()) {
      if (std::optional<std::string> said = say(folder, spec)) return said;
    }
    return {};
  };
  if (const auto broken = watch->broken()) {
    explain(broken->outcome, broken->detail);
  } else if (auto files = first_said(too_many_files)) {
    // A flood of files takes memory too: which of the two was seen first is no matter of speed.
    explain(Outcome::output, std::move(*files));
  } else if (group->out_of_memory_kills() > 0) {
    explain(Outcome::memory, "it needed more than the limit of " +
                                 std::to_string(limits.memory_bytes / 1'000'000) + " MB of memory");
  } else if (has_failed && group->refused_forks() > 0) {
    explain(Outcome::processes, "it tried to start more than the limit of " +
                                    std::to_string(limits.processes) + " processes and threads");
  } else if (auto full = has_failed ? first_said(full_folder) : std::nullopt) {
    explain(Outcome::output, std::move(*full));
  } else if (end->signal == SIGXCPU) {
    explain(Outcome::cpu, "it used more CPU time than its limit");
  }
}

/// What broke a limit is not kept: the host's folder stays as it was.
void Sandbox::State::keep_writable_mounts() {
  for (WritableMount& mount : writable) {
    if (end->broken_limit) return;
    const FolderUse use = mount.use();
    // The kernel counts what is written; files with holes or several names grow by being copied.
    if (use.bytes > mount.room() || use.files > spec.output_files) {
      end->broken_limit = Outcome::output;
      end->detail = "it left " + std::to_string(use.files) + " files with " +
                    std::to_string(use.bytes / 1'000'000) + " MB in " + mount.inside() +
                    "; the limits are " + std::to_string(spec.output_files) + " files and " +
                    std::to_string(mount.room() / 1'000'000) + " MB";
      return;
    }
    mount.keep();
  }
}

/// All that follows the end of the command: kills the rest, collects what is known, gives
/// everything back.
SandboxEnd Sandbox::State::finish(bool dismissed) {
  if (finished) return *end;
  finished = true;
  kill_inside();
  // Process 1 is gone only after all others in its namespace are.
  is_readable(inner_handle.get(), 10'000);
  if (!reap(5'000)) {
    outer.signal(SIGKILL);
    reap(-1);
  }
  while (::waitpid(inner, nullptr, 0) < 0 && errno == EINTR) {
  }
  watch->stop();
  last_cpu = group->cpu_time();
  end->peak_memory_bytes = group->peak_memory().value_or(end->peak_memory_bytes);
  explain_end(dismissed);
  group->remove();
  keep_writable_mounts();
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
Seconds Sandbox::cpu_time_step() const {
  if (state_->group->cpu_time()) return Seconds(0);
  return Seconds(1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}
bool Sandbox::is_runnable() const {
  return !state_->reaped && is_tree_runnable(state_->inner);
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
  const auto deadline =
      SystemClock().now() + std::chrono::duration_cast<std::chrono::nanoseconds>(at_most);
  while (!state_->reap(static_cast<int>(
      std::clamp<double>(Seconds(deadline - SystemClock().now()).count() * 1e3 + 1, 0, 1e6)))) {
    if (SystemClock().now() >= deadline) break;
  }
  return state_->finish();
}

SandboxEnd Sandbox::kill() {
  return state_->finish();
}

SandboxEnd Sandbox::dismiss() {
  return state_->finish(true);
}

std::optional<std::string> Sandbox::read_output(std::string_view name, std::size_t max_bytes,
                                                std::string& problem, FileStamp* stamp) const {
  return read_untrusted_file(state_->out_folder.get(), std::string(name), max_bytes, problem,
                             stamp);
}

std::optional<FileStamp> Sandbox::stamp_output(std::string_view name, std::string& problem) const {
  return stamp_untrusted_file(state_->out_folder.get(), std::string(name), problem);
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
  return state_->watch->log();
}

const std::map<std::string, std::string>& Sandbox::enforcement() const {
  return state_->enforcement;
}

}  // namespace joulebench
