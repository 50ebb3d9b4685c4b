#include "harness/sandbox/stopped_processes.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "harness/sandbox/process_tree.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

enum class Execution { runs, stopped, dead };

std::string folder_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

/// From the state letter of one thread (proc(5)).
Execution execution_of_thread(const fs::path& task) {
  const std::string fields = behind_name(task / "stat");
  switch (fields.empty() ? 'X' : fields.front()) {
    case 'T':
    case 't':
      return Execution::stopped;
    case 'Z':
    case 'X':
      return Execution::dead;
    default:
      return Execution::runs;
  }
}

/// Adds `pid` and all processes below it. They may come and go meanwhile: the caller looks twice.
void add_tree(pid_t pid, std::map<pid_t, Execution>& processes, int depth = 0) {
  // A chain of parents cannot be longer than the limit of processes; this guards our own stack.
  if (depth > 2000) return;
  Execution execution = Execution::dead;
  std::error_code ignored;
  for (fs::directory_iterator task(folder_of(pid) + "/task", ignored), end; !ignored && task != end;
       task.increment(ignored)) {
    const Execution thread = execution_of_thread(task->path());
    if (thread == Execution::runs || execution == Execution::dead) execution = thread;
    std::ifstream children(task->path() / "children");
    for (pid_t child = 0; children >> child;) add_tree(child, processes, depth + 1);
  }
  processes[pid] = execution;
}

/// Identity of the pid namespace that a process is in; 0 when it has ended.
ino_t name_space_of(pid_t pid) {
  struct stat status {};
  return ::stat((folder_of(pid) + "/ns/pid").c_str(), &status) == 0 ? status.st_ino : 0;
}

/// Sends a signal to a process of that namespace; its number may be another process's by now, which
/// is none of ours.
void send(pid_t pid, ino_t name_space, int signal) {
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open() || name_space == 0 || name_space_of(pid) != name_space) return;
  ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

}  // namespace

StoppedProcesses::StoppedProcesses(pid_t first) : name_space_(name_space_of(first)) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  std::map<pid_t, Execution> before;
  for (;;) {
    std::map<pid_t, Execution> now;
    add_tree(first, now);
    bool one_runs = false;
    for (const auto& [pid, execution] : now) {
      if (execution != Execution::runs) continue;
      one_runs = true;
      send(pid, name_space_, SIGSTOP);
      stopped_.insert(pid);
    }
    // One look is not enough: a process that forks and ends may have moved behind our back.
    if (!one_runs && now == before) return;
    before = std::move(now);
    if (steady_clock::now() > deadline) {
      release();
      throw Error({.what = "cannot freeze a sandbox",
                   .where = "a process inside does not stop within 10 s",
                   .hint = "run where control groups can freeze it: joulebench doctor"});
    }
    if (one_runs) {
      const timespec pause{0, 20'000};
      ::nanosleep(&pause, nullptr);
    }
  }
}

StoppedProcesses::~StoppedProcesses() {
  release();
}

void StoppedProcesses::release() noexcept {
  for (const pid_t pid : stopped_) send(pid, name_space_, SIGCONT);
}

}  // namespace joulebench
