#include "harness/sandbox/control_group.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include "core/error.h"
#include "harness/sandbox/cgroup_file.h"
#include "harness/sandbox/process_limits.h"

namespace joulebench {
namespace fs = std::filesystem;

ControlGroup::ControlGroup(const CgroupPlaces& places, const std::string& name,
                           const Wanted& wanted)
    : name_(name) {
  if (const Controller* memory = enter(places, "memory")) {
    if (memory->version->limit_memory(memory->folder, wanted.memory_bytes)) {
      enforcement_["memory"] = memory->version->name();
    }
  }
  if (const Controller* pids = enter(places, "pids")) {
    if (pids->version->limit_processes(pids->folder, wanted.processes)) {
      enforcement_["processes"] = pids->version->name();
    }
  }
  if (const Controller* cpu_time = enter(places, "cpu-time")) {
    enforcement_["cpu_time"] = cpu_time->version->name();
    const fs::path file = cpu_time->version->cpu_time_file(cpu_time->folder);
    cpu_time_file_ = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (const Controller* freezer = enter(places, "freeze")) {
    if (freezer->version->can_freeze(freezer->folder)) {
      enforcement_["freeze"] = freezer->version->name();
    }
  }
  limit_cpus(places, wanted);
}

ControlGroup::~ControlGroup() {
  remove();
}

const ControlGroup::Controller* ControlGroup::find(const std::string& controller) const {
  const auto found = controllers_.find(controller);
  return found == controllers_.end() ? nullptr : &found->second;
}

const ControlGroup::Controller* ControlGroup::enter(const CgroupPlaces& places,
                                                    const std::string& controller) {
  const auto place = places.controllers.find(controller);
  if (place == places.controllers.end()) return nullptr;
  const fs::path folder = place->second.parent / name_;
  if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end()) {
    if (::mkdir(folder.c_str(), 0755) != 0) return nullptr;
    folders_.push_back(folder);
  }
  return &(controllers_[controller] = {folder, place->second.is_v2 ? &cgroup_v2() : &cgroup_v1()});
}

void ControlGroup::limit_cpus(const CgroupPlaces& places, const Wanted& wanted) {
  const auto place = places.controllers.find("cpuset");
  if (place != places.controllers.end()) {
    const CgroupVersion& version = place->second.is_v2 ? cgroup_v2() : cgroup_v1();
    // The last CPUs of those we have: the first ones serve most interrupts.
    const std::vector<int> ours = version.cpus_of(place->second.parent);
    std::string list;
    for (const int cpu : last_cpus(ours, wanted.cpus, wanted.cpus_before)) {
      list += (list.empty() ? "" : ",") + std::to_string(cpu);
    }
    const Controller* cpuset = list.empty() ? nullptr : enter(places, "cpuset");
    if (cpuset != nullptr && version.limit_cpus(cpuset->folder, list)) {
      enforcement_["cpus"] = version.name();
      return;
    }
    // A v1 cpuset without CPUs takes no process.
    if (cpuset != nullptr && !place->second.is_v2) leave(cpuset->folder);
  }
  const auto bandwidth = places.controllers.find("cpu");  // as much CPU time, on any CPU
  if (bandwidth == places.controllers.end() || !bandwidth->second.is_v2) return;
  const Controller* cpu = enter(places, "cpu");
  if (cpu != nullptr && write_cgroup_file(cpu->folder / "cpu.max",
                                          std::to_string(wanted.cpus * 100'000) + " 100000") == 0) {
    enforcement_["cpus"] = cpu->version->name();
  }
}

void ControlGroup::leave(const fs::path& folder) {
  remove_control_group(folder);
  std::erase(folders_, folder);
}

std::vector<fs::path> ControlGroup::entrances() const {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders_) files.push_back(folder / "cgroup.procs");
  return files;
}

std::optional<Seconds> ControlGroup::cpu_time() const {
  const Controller* counter = find("cpu-time");
  if (counter == nullptr) return std::nullopt;
  // Asked ten times a second in measured windows: the file stays open.
  char bytes[512];
  const ssize_t got = ::pread(cpu_time_file_.get(), bytes, sizeof bytes, 0);
  if (got <= 0) return std::nullopt;
  return counter->version->cpu_time_in(std::string(bytes, static_cast<std::size_t>(got)));
}

std::optional<std::uint64_t> ControlGroup::peak_memory() const {
  const Controller* memory = find("memory");
  return memory == nullptr ? std::nullopt : memory->version->peak_memory(memory->folder);
}

std::uint64_t ControlGroup::out_of_memory_kills() const {
  const Controller* memory = find("memory");
  return memory == nullptr ? 0 : memory->version->out_of_memory_kills(memory->folder);
}

std::uint64_t ControlGroup::refused_forks() const {
  const Controller* pids = find("pids");
  return pids == nullptr ? 0 : pids->version->refused_forks(pids->folder);
}

bool ControlGroup::freeze() {
  if (!enforcement_.contains("freeze")) return false;
  const Controller& freezer = *find("freeze");
  const int code = freezer.version->set_frozen(freezer.folder, true);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (code == 0) {
    if (freezer.version->is_frozen(freezer.folder)) return true;
    if (std::chrono::steady_clock::now() > deadline) break;
    const timespec pause{0, 20'000};
    ::nanosleep(&pause, nullptr);
  }
  thaw();
  throw Error({.what = "cannot freeze a sandbox",
               .where = freezer.folder.string() + ": " +
                        (code != 0 ? system_message(code) : "something inside runs on for 10 s"),
               .hint = "look for a process that waits for a broken disk or network file system"});
}

void ControlGroup::thaw() {
  if (!enforcement_.contains("freeze")) return;
  const Controller& freezer = *find("freeze");
  freezer.version->set_frozen(freezer.folder, false);
}

bool ControlGroup::remove() {
  std::erase_if(folders_, [](const fs::path& folder) { return remove_control_group(folder); });
  return folders_.empty();
}

bool remove_control_group(const fs::path& folder) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    // Almost always it is empty: then this is one system call.
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return true;
    ::chmod(folder.c_str(), 0755);
    std::error_code ignored;
    if (attempt % 20 == 0) {
      ::chmod((folder / "cgroup.kill").c_str(), 0644);
      write_cgroup_file(folder / "cgroup.kill", "1");
      ::chmod((folder / "cgroup.freeze").c_str(), 0644);
      write_cgroup_file(folder / "cgroup.freeze", "0");
      write_cgroup_file(folder / "freezer.state", "THAWED");  // v1: what is frozen cannot die
      for (fs::directory_iterator child(folder, ignored), end; !ignored && child != end;
           child.increment(ignored)) {
        if (child->is_directory(ignored) && !child->is_symlink(ignored))
          remove_control_group(child->path());
      }
      const auto inside = read_cgroup_file(folder / "cgroup.procs");
      for (const std::string& pid : split(inside.value_or(""), '\n')) {
        pid_t number = 0;
        std::from_chars(pid.data(), pid.data() + pid.size(), number);
        if (number > 1 && number != ::getpid()) ::kill(number, SIGKILL);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(attempt < 10 ? 1 : 10));
  }
  return false;
}

}  // namespace joulebench
