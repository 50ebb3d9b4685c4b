#include "harness/sandbox/sandbox_support.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <regex>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "harness/sandbox/control_group.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

constexpr const char* kPrefix = "joulebench-";

/// Folders in which our control groups stand.
std::set<fs::path> group_parents() {
  std::set<fs::path> parents;
  for (const auto& [name, place] : places_for_blocks().controllers) parents.insert(place.parent);
  return parents;
}

/// Where our temporary folders stand: staged entries and inputs in memory, others in the usual
/// place.
std::vector<fs::path> temporary_folders() {
  std::error_code ignored;
  return {fs::temp_directory_path(ignored), "/dev/shm"};
}

/// "PID-START" at the end of joulebench-NAME-PID-START-XXXXXX or joulebench-PID-START-COUNT; empty:
/// not ours.
std::string owner_in(const std::string& name) {
  static const std::regex pattern("joulebench-(?:.*-)?([0-9]+-[0-9]+)-[A-Za-z0-9]+");
  std::smatch match;
  return std::regex_match(name, match, pattern) ? match[1].str() : std::string();
}

void find_in(const fs::path& folder, Leftover::Kind kind, std::vector<Leftover>& found) {
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    const std::string owner = owner_in(entry->path().filename().string());
    struct stat status {};
    if (owner.empty() || is_running(owner) || ::lstat(entry->path().c_str(), &status) != 0)
      continue;
    if (!S_ISDIR(status.st_mode) || (::geteuid() != 0 && status.st_uid != ::geteuid())) continue;
    found.push_back({kind, entry->path(), owner});
  }
}

std::string bubblewrap_version() {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen("bwrap --version 2>/dev/null", "re"),
                                                   ::pclose);
  char line[128] = {};
  if (!pipe || std::fgets(line, sizeof line, pipe.get()) == nullptr) return {};
  std::string text = line;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string gpu_device(unsigned number) {
  return "/dev/nvidia" + std::to_string(number);
}

const char* const kDelegate =
    "run as root, or in a control group of your own: systemd-run --user --scope -p Delegate=yes "
    "joulebench ...";

}  // namespace

bool SandboxSupport::can_rank() const {
  return works && std::all_of(limits.begin(), limits.end(),
                              [](const Limit& limit) { return limit.enough_to_rank; });
}

SandboxSupport sandbox_support() {
  SandboxSupport support;
  support.bubblewrap = bubblewrap_version();
  std::map<std::string, std::string> enforcement;
  try {
    SandboxSpec spec;
    spec.command = {"true"};
    spec.working_folder = "/";
    Sandbox sandbox(std::move(spec));
    const SandboxEnd end = sandbox.wait(Seconds(20));
    enforcement = sandbox.enforcement();
    support.works = end.exit_status == 0;
    if (!support.works) {
      support.problem =
          "true ended with " + std::to_string(end.exit_status) + " inside: " + sandbox.log_tail(1);
    }
  } catch (const Error& error) {
    support.problem = error.parts().where;
    support.remedy = error.parts().hint;
    return support;
  }
  const auto& missing = places_for_blocks().missing;
  const auto reason_for = [&](const char* controller) {
    const auto found = missing.find(controller);
    return found == missing.end() ? std::string() : found->second;
  };
  for (const auto& [name, how] : enforcement) {
    SandboxSupport::Limit limit{
        .name = name, .enforcement = how, .enough_to_rank = is_enough_to_rank(name, how)};
    const char* controller = name == "memory"      ? "memory"
                             : name == "processes" ? "pids"
                             : name == "cpus"      ? "cpuset"
                             : name == "freeze"    ? "freeze"
                                                   : "";
    if (*controller != '\0' && !how.starts_with("cgroup")) {
      limit.reason = reason_for(controller);
      limit.remedy = kDelegate;
    }
    support.limits.push_back(std::move(limit));
  }
  return support;
}

std::vector<Leftover> find_leftovers() {
  std::vector<Leftover> found;
  for (const fs::path& parent : group_parents())
    find_in(parent, Leftover::Kind::control_group, found);
  for (const fs::path& folder : temporary_folders()) find_in(folder, Leftover::Kind::folder, found);
  return found;
}

std::vector<Leftover> clear_leftovers(const std::vector<Leftover>& leftovers) {
  std::vector<Leftover> stayed;
  for (const Leftover& leftover : leftovers) {
    std::error_code code;
    if (leftover.kind == Leftover::Kind::control_group) {
      if (!remove_control_group(leftover.path)) stayed.push_back(leftover);
    } else {
      fs::remove_all(leftover.path, code);  // follows no link
      if (code) stayed.push_back(leftover);
    }
  }
  return stayed;
}

void start_janitor() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Waits for the end of its input: the kernel closes our end of the pipe however we die.
    static const char kScript[] = R"(cat >/dev/null
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  left=
  for prefix in "$@"; do
    for group in "$prefix"*; do
      [ -d "$group" ] || continue
      echo THAWED >"$group/freezer.state"
      while read -r pid; do kill -9 "$pid"; done <"$group/cgroup.procs"
      rmdir "$group" || left=1
    done
  done
  [ "$left" ] || break
  sleep 0.1
done 2>/dev/null
for folder in "$temporary" "$memory"; do
  cd "$folder" && rm -rf -- ./joulebench-*-"$mark"-*
done)";
    std::vector<std::string> words = {"sh", "-c", kScript, "joulebench-janitor"};
    for (const fs::path& parent : group_parents())
      words.push_back(parent / (kPrefix + process_mark() + "-"));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::vector<fs::path> folders = temporary_folders();
    std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "mark=" + process_mark(),
                                          "temporary=" + folders[0].string(),
                                          "memory=" + folders[1].string()};
    std::vector<char*> environment;
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, ends[0], 0);
    ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSID);  // what ends our session must not end it
    pid_t pid = 0;
    const int code =
        ::posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments.data(), environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(ends[0]);
    if (code != 0) ::close(ends[1]);  // else it stays open as long as we live
  });
}

bool is_enough_to_rank(const std::string& limit, const std::string& enforcement) {
  // Without a cgroup the kernel bounds each process's memory, but not the sum.
  if (limit == "memory") return enforcement.starts_with("cgroup");
  return enforcement != "none";
}

std::string block_name(unsigned count) {
  return kPrefix + process_mark() + "-" + std::to_string(count);
}

std::string user_namespace_remedy() {
  if (first_line("/proc/sys/user/max_user_namespaces") == "0") {
    return "allow user namespaces: sysctl user.max_user_namespaces=10000";
  }
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1";
  }
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give "
           "bwrap an AppArmor profile with \"userns\"";
  }
  return "this machine or container forbids user namespaces; in a container, start it with "
         "--security-opt seccomp=unconfined or on the host itself";
}

void require_enforced(const std::map<std::string, std::string>& enforcement) {
  for (const auto& [name, controller] :
       {std::pair{"memory", "memory"}, {"processes", "pids"}, {"cpus", "cpuset"}}) {
    const auto found = enforcement.find(name);
    const std::string how = found == enforcement.end() ? "none" : found->second;
    if (is_enough_to_rank(name, how)) continue;
    const auto& missing = places_for_blocks().missing;
    const auto reason = missing.find(controller);
    throw Error({.what = std::string("the track's limit of ") + name +
                         " cannot be enforced here, and a ranked run needs it",
                 .where = std::string(name) + ": " + how +
                          (reason == missing.end() ? "" : "; " + reason->second),
                 .hint = kDelegate});
  }
}

unsigned present_gpus(unsigned wanted) {
  for (unsigned i = 0; i < wanted; ++i) {
    struct stat status {};
    if (::stat(gpu_device(i).c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return i;
  }
  return wanted;
}

std::vector<std::string> granted_gpus(unsigned count, bool required) {
  std::vector<std::string> devices;
  const unsigned present = present_gpus(count);
  if (required && present < count) {
    throw Error(
        {.what = "the track grants " + std::to_string(count) + " GPU(s), and there are fewer",
         .where = gpu_device(present) + ": no such device",
         .hint = "load the NVIDIA driver (nvidia-smi shows what it sees), or lower limits.gpus"});
  }
  if (present == 0) return devices;
  for (unsigned i = 0; i < present; ++i) {
    const std::string device = gpu_device(i);
    static std::map<std::string, FileDescriptor> kept_open;
    if (!kept_open.contains(device)) {
      kept_open[device] = FileDescriptor(::open(device.c_str(), O_RDWR | O_CLOEXEC));
    }
    devices.push_back(device);
  }
  for (const char* control : {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"}) {
    if (::access(control, F_OK) == 0) devices.emplace_back(control);
  }
  return devices;
}

}  // namespace joulebench
