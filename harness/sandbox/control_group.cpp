#include "harness/sandbox/control_group.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

std::optional<std::string> read_small(const fs::path& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  if (got < 0) return std::nullopt;
  return text;
}

/// 0, or errno.
int write_small(const fs::path& path, const std::string& text) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return errno;
  return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                          : errno;
}

std::optional<std::uint64_t> number_in(const std::optional<std::string>& text,
                                       std::string_view key = {}) {
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  std::string name;
  std::uint64_t value = 0;
  if (key.empty()) return lines >> value ? std::optional(value) : std::nullopt;
  while (lines >> name >> value) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::vector<std::string> words_of(const std::string& text, char separator = ' ') {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct Mount {
  fs::path root;  // the part of the hierarchy that is shown
  fs::path point;
  bool is_v2 = false;
  std::vector<std::string> controllers;  // v1: from the mount options
};

/// mountinfo writes space, tab, newline and backslash as \040 and the like.
std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<Mount> cgroup_mounts(const std::string& mountinfo) {
  std::vector<Mount> mounts;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 7 || words.end() - dash < 4) continue;
    if (dash[1] != "cgroup" && dash[1] != "cgroup2") continue;
    mounts.push_back({.root = unescaped(words[3]),
                      .point = unescaped(words[4]),
                      .is_v2 = dash[1] == "cgroup2",
                      .controllers = words_of(dash[3], ',')});
  }
  return mounts;
}

/// Our own group in each hierarchy: "" is v2.
std::map<std::string, fs::path> own_groups(const std::string& cgroup_file) {
  std::map<std::string, fs::path> groups;
  std::istringstream lines(cgroup_file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) groups[""] = path;
    for (const std::string& name : words_of(controllers, ',')) groups[name] = path;
  }
  return groups;
}

/// Both are empty where /proc does not tell.
struct Hierarchies {
  std::vector<Mount> mounts;
  std::map<std::string, fs::path> own;
};

Hierarchies hierarchies_of(const fs::path& proc) {
  return {cgroup_mounts(read_small(proc / "mountinfo").value_or("")),
          own_groups(read_small(proc / "cgroup").value_or(""))};
}

fs::path folder_in(const Mount& mount, const fs::path& group) {
  const fs::path relative = group.lexically_relative(mount.root);
  if (relative.empty() || *relative.begin() == "..") return mount.point;
  return (mount.point / relative).lexically_normal();
}

constexpr const char* kV2Controllers[] = {"memory", "pids", "cpuset", "cpu"};

std::vector<std::string> first_line_words(const fs::path& file) {
  const auto text = read_small(file);
  return words_of(text ? text->substr(0, text->find('\n')) : "");
}

/// Shares `controllers` of a v2 group out to its children. True when all of them are shared.
bool share_out(const fs::path& group, const std::vector<std::string>& controllers) {
  const fs::path file = group / "cgroup.subtree_control";
  const std::vector<std::string> before = first_line_words(file);
  for (const std::string& controller : controllers) {
    // "memory" first, which a group with processes may not share out. Those that it may (cpu, pids)
    // would turn it into a root of threads, whose children then take no process at all.
    if (!contains(before, controller) && write_small(file, "+" + controller) == EBUSY) return false;
  }
  const std::vector<std::string> after = first_line_words(file);
  return std::all_of(controllers.begin(), controllers.end(),
                     [&](const std::string& name) { return contains(after, name); });
}

/// Moves the processes of a group into a leaf of it, so that it may share out its controllers.
bool move_into_leaf(const fs::path& group) {
  const fs::path leaf = group / "joulebench-self";
  if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return false;
  // Processes that start meanwhile stay behind, so look until none is left.
  for (int round = 0; round < 10; ++round) {
    const auto inside = read_small(group / "cgroup.procs");
    if (!inside) return false;
    const std::vector<std::string> pids = words_of(*inside, '\n');
    if (pids.empty()) return true;
    for (const std::string& pid : pids) {
      const int code = write_small(leaf / "cgroup.procs", pid);
      if (code != 0 && code != ESRCH) return false;
    }
  }
  return false;
}

void find_in_v2(const Mount& mount, const fs::path& own, CgroupPlaces& places) {
  // A group that we were given: its own, or the leaf we once moved it to.
  fs::path group = folder_in(mount, own);
  if (group.filename() == "joulebench-self") group = group.parent_path();
  const std::vector<std::string> available = first_line_words(group / "cgroup.controllers");
  std::vector<std::string> wanted;
  for (const char* name : kV2Controllers) {
    if (contains(available, name)) wanted.push_back(name);
  }
  if (wanted.empty()) return;
  // Writable is what was delegated; to root all is, unless the mount is read-only.
  if (::access(group.c_str(), W_OK | X_OK) != 0 ||
      ::access((group / "cgroup.procs").c_str(), W_OK) != 0) {
    const std::string why =
        errno == EROFS ? " is mounted read-only" : " is not delegated to this user";
    for (const std::string& controller : wanted) {
      places.missing[controller] = "the control group " + group.string() + why;
    }
    return;
  }
  if (!share_out(group, wanted) && move_into_leaf(group)) share_out(group, wanted);
  const std::vector<std::string> now = first_line_words(group / "cgroup.subtree_control");
  for (const std::string& controller : wanted) {
    if (contains(now, controller)) {
      places.controllers[controller] = {group, true};
    } else {
      places.missing[controller] =
          group.string() + " does not share out its controller " + controller;
    }
  }
  // cpu.stat and cgroup.freeze are in every v2 group.
  places.controllers["cpu-time"] = {group, true};
  places.controllers["freeze"] = {group, true};
}

void find_in_v1(const std::vector<Mount>& mounts, const std::map<std::string, fs::path>& own,
                CgroupPlaces& places) {
  for (const auto& [ours, theirs] :
       std::initializer_list<std::pair<const char*, const char*>>{{"memory", "memory"},
                                                                  {"pids", "pids"},
                                                                  {"cpu-time", "cpuacct"},
                                                                  {"cpuset", "cpuset"},
                                                                  {"freeze", "freezer"}}) {
    if (places.controllers.contains(ours)) continue;
    const auto mount = std::find_if(mounts.begin(), mounts.end(), [&name = theirs](const Mount& m) {
      return !m.is_v2 && contains(m.controllers, name);
    });
    const auto group = own.find(theirs);
    if (mount == mounts.end() || group == own.end()) continue;
    const fs::path folder = folder_in(*mount, group->second);
    if (::access(folder.c_str(), W_OK | X_OK) == 0) {
      places.controllers[ours] = {folder, false};
      places.missing.erase(ours);
    } else {
      places.missing[ours] =
          "cannot make a control group in " + folder.string() + ": " + system_message(errno);
    }
  }
}

}  // namespace

CgroupPlaces find_cgroup_places(const fs::path& proc) {
  CgroupPlaces places;
  const Hierarchies here = hierarchies_of(proc);
  for (const Mount& mount : here.mounts) {
    if (mount.is_v2 && here.own.contains("")) find_in_v2(mount, here.own.at(""), places);
  }
  find_in_v1(here.mounts, here.own, places);
  for (const char* name : {"memory", "pids", "cpu-time", "cpuset", "freeze"}) {
    if (!places.controllers.contains(name) && !places.missing.contains(name)) {
      places.missing[name] = "no control group hierarchy here has this controller";
    }
  }
  return places;
}

std::optional<fs::path> own_v2_group(const fs::path& proc) {
  const Hierarchies here = hierarchies_of(proc);
  for (const Mount& mount : here.mounts) {
    if (!mount.is_v2 || !here.own.contains("")) continue;
    if (first_line_words(mount.point / "cgroup.controllers").empty()) continue;
    return folder_in(mount, here.own.at(""));
  }
  return std::nullopt;
}

const CgroupPlaces& places_for_blocks() {
  static const CgroupPlaces places = find_cgroup_places();
  return places;
}

ControlGroup::ControlGroup(const CgroupPlaces& places, const std::string& name,
                           const Wanted& wanted) {
  const auto enter = [&](const std::string& controller) -> std::optional<CgroupPlaces::Place> {
    const auto place = places.controllers.find(controller);
    if (place == places.controllers.end()) return std::nullopt;
    const fs::path folder = place->second.parent / name;
    if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end()) {
      if (::mkdir(folder.c_str(), 0755) != 0) return std::nullopt;
      folders_.push_back(folder);
    }
    const CgroupPlaces::Place own{folder, place->second.is_v2};
    by_controller_[controller] = own;
    return own;
  };
  const auto word = [](const CgroupPlaces::Place& place) {
    return place.is_v2 ? "cgroup-v2" : "cgroup-v1";
  };
  if (const auto place = enter("memory")) {
    const std::string bytes = std::to_string(wanted.memory_bytes);
    const bool set =
        write_small(place->parent / (place->is_v2 ? "memory.max" : "memory.limit_in_bytes"),
                    bytes) == 0;
    // Swap would make the limit soft. Absent where the kernel counts no swap: then there is none to
    // use.
    if (place->is_v2) {
      write_small(place->parent / "memory.swap.max", "0");
      write_small(place->parent / "memory.oom.group", "1");
    } else {
      write_small(place->parent / "memory.memsw.limit_in_bytes", bytes);
    }
    if (set) enforcement_["memory"] = word(*place);
  }
  if (const auto place = enter("pids")) {
    if (write_small(place->parent / "pids.max", std::to_string(wanted.processes)) == 0) {
      enforcement_["processes"] = word(*place);
    }
  }
  if (const auto place = enter("cpu-time")) {
    enforcement_["cpu_time"] = word(*place);
    const fs::path file = place->parent / (place->is_v2 ? "cpu.stat" : "cpuacct.usage");
    cpu_time_file_ = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (const auto place = enter("freeze")) {
    // cgroup.freeze came with Linux 5.2.
    const fs::path file = place->parent / (place->is_v2 ? "cgroup.freeze" : "freezer.state");
    if (::access(file.c_str(), W_OK) == 0) enforcement_["freeze"] = word(*place);
  }
  const auto cpuset = places.controllers.find("cpuset");
  if (cpuset != places.controllers.end()) {
    // The last CPUs of those we have: the first ones serve most interrupts.
    const bool v2 = cpuset->second.is_v2;
    const auto cpus = read_small(cpuset->second.parent /
                                 (v2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus"));
    const auto mems = read_small(cpuset->second.parent /
                                 (v2 ? "cpuset.mems.effective" : "cpuset.effective_mems"));
    std::vector<std::string> numbers;
    for (const std::string& range : words_of(cpus ? cpus->substr(0, cpus->find('\n')) : "", ',')) {
      const std::size_t dash = range.find('-');
      const int first = std::stoi(range);
      const int last = dash == std::string::npos ? first : std::stoi(range.substr(dash + 1));
      for (int cpu = first; cpu <= last; ++cpu) numbers.push_back(std::to_string(cpu));
    }
    std::string list;
    for (std::size_t i = numbers.size() - std::min<std::size_t>(numbers.size(), wanted.cpus);
         i < numbers.size(); ++i) {
      list += (list.empty() ? "" : ",") + numbers[i];
    }
    if (!list.empty()) {
      if (const auto place = enter("cpuset")) {
        const bool placed = v2 || write_small(place->parent / "cpuset.mems",
                                              mems ? mems->substr(0, mems->find('\n')) : "0") == 0;
        if (placed && write_small(place->parent / "cpuset.cpus", list) == 0) {
          enforcement_["cpus"] = word(*place);
        } else if (!v2) {
          // A v1 cpuset without CPUs lets nobody in.
          remove_control_group(place->parent);
          std::erase(folders_, place->parent);
        }
      }
    }
  }
  if (!enforcement_.contains("cpus") && places.controllers.contains("cpu") &&
      places.controllers.at("cpu").is_v2) {
    if (const auto place = enter("cpu")) {
      if (write_small(place->parent / "cpu.max",
                      std::to_string(wanted.cpus * 100'000) + " 100000") == 0) {
        enforcement_["cpus"] = word(*place);
      }
    }
  }
}

ControlGroup::~ControlGroup() {
  remove();
}

std::vector<fs::path> ControlGroup::entrances() const {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders_) files.push_back(folder / "cgroup.procs");
  return files;
}

fs::path ControlGroup::folder_of(const std::string& controller) const {
  const auto place = by_controller_.find(controller);
  return place == by_controller_.end() ? fs::path() : place->second.parent;
}

std::optional<Seconds> ControlGroup::cpu_time() const {
  const auto place = by_controller_.find("cpu-time");
  if (place == by_controller_.end()) return std::nullopt;
  // Asked ten times a second in measured windows: the file stays open.
  char bytes[512];
  const ssize_t got = ::pread(cpu_time_file_.get(), bytes, sizeof bytes, 0);
  if (got <= 0) return std::nullopt;
  const std::string text(bytes, static_cast<std::size_t>(got));
  if (place->second.is_v2) {
    const auto us = number_in(text, "usage_usec");
    return us ? std::optional(Seconds(static_cast<double>(*us) * 1e-6)) : std::nullopt;
  }
  const auto ns = number_in(text);
  return ns ? std::optional(Seconds(static_cast<double>(*ns) * 1e-9)) : std::nullopt;
}

std::optional<std::uint64_t> ControlGroup::peak_memory() const {
  const auto place = by_controller_.find("memory");
  if (place == by_controller_.end()) return std::nullopt;
  return number_in(read_small(place->second.parent /
                              (place->second.is_v2 ? "memory.peak" : "memory.max_usage_in_bytes")));
}

std::uint64_t ControlGroup::out_of_memory_kills() const {
  const auto place = by_controller_.find("memory");
  if (place == by_controller_.end()) return 0;
  return number_in(read_small(place->second.parent /
                              (place->second.is_v2 ? "memory.events" : "memory.oom_control")),
                   "oom_kill")
      .value_or(0);
}

std::uint64_t ControlGroup::refused_forks() const {
  const fs::path folder = folder_of("pids");
  return folder.empty() ? 0 : number_in(read_small(folder / "pids.events"), "max").value_or(0);
}

bool ControlGroup::freeze() {
  if (!enforcement_.contains("freeze")) return false;
  const CgroupPlaces::Place& place = by_controller_.at("freeze");
  const fs::path switched = place.parent / (place.is_v2 ? "cgroup.freeze" : "freezer.state");
  const fs::path state = place.parent / (place.is_v2 ? "cgroup.events" : "freezer.state");
  const auto is_frozen = [&] {
    const auto text = read_small(state);
    return place.is_v2 ? number_in(text, "frozen") == 1 : text && text->starts_with("FROZEN");
  };
  const int code = write_small(switched, place.is_v2 ? "1" : "FROZEN");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (code == 0 && !is_frozen()) {
    if (std::chrono::steady_clock::now() > deadline) break;
    const timespec pause{0, 20'000};
    ::nanosleep(&pause, nullptr);
  }
  if (is_frozen()) return true;
  thaw();
  throw Error({.what = "cannot freeze a sandbox",
               .where = switched.string() + ": " +
                        (code != 0 ? system_message(code) : "something inside runs on for 10 s"),
               .hint = "look for a process that waits for a broken disk or network file system"});
}

void ControlGroup::thaw() {
  if (!enforcement_.contains("freeze")) return;
  const CgroupPlaces::Place& place = by_controller_.at("freeze");
  write_small(place.parent / (place.is_v2 ? "cgroup.freeze" : "freezer.state"),
              place.is_v2 ? "0" : "THAWED");
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
      write_small(folder / "cgroup.kill", "1");
      ::chmod((folder / "cgroup.freeze").c_str(), 0644);
      write_small(folder / "cgroup.freeze", "0");
      write_small(folder / "freezer.state", "THAWED");  // v1: what is frozen cannot die
      for (fs::directory_iterator child(folder, ignored), end; !ignored && child != end;
           child.increment(ignored)) {
        if (child->is_directory(ignored) && !child->is_symlink(ignored))
          remove_control_group(child->path());
      }
      const auto inside = read_small(folder / "cgroup.procs");
      for (const std::string& pid : words_of(inside.value_or(""), '\n')) {
        const int number = std::atoi(pid.c_str());
        if (number > 1 && number != ::getpid()) ::kill(number, SIGKILL);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(attempt < 10 ? 1 : 10));
  }
  return false;
}

}  // namespace joulebench
