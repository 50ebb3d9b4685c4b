#include "harness/sandbox/cgroup_places.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "core/error.h"
#include "harness/sandbox/cgroup_file.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

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
    const std::vector<std::string> words = split(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 7 || words.end() - dash < 4) continue;
    if (dash[1] != "cgroup" && dash[1] != "cgroup2") continue;
    mounts.push_back({.root = unescaped(words[3]),
                      .point = unescaped(words[4]),
                      .is_v2 = dash[1] == "cgroup2",
                      .controllers = split(dash[3], ',')});
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
    for (const std::string& name : split(controllers, ',')) groups[name] = path;
  }
  return groups;
}

/// Both are empty where /proc does not tell.
struct Hierarchies {
  std::vector<Mount> mounts;
  std::map<std::string, fs::path> own;
};

Hierarchies hierarchies_of(const fs::path& proc) {
  return {cgroup_mounts(read_cgroup_file(proc / "mountinfo").value_or("")),
          own_groups(read_cgroup_file(proc / "cgroup").value_or(""))};
}

fs::path folder_in(const Mount& mount, const fs::path& group) {
  const fs::path relative = group.lexically_relative(mount.root);
  if (relative.empty() || *relative.begin() == "..") return mount.point;
  return (mount.point / relative).lexically_normal();
}

constexpr const char* kV2Controllers[] = {"memory", "pids", "cpuset", "cpu"};

std::vector<std::string> first_line_words(const fs::path& file) {
  return split(first_line_of(read_cgroup_file(file)));
}

/// Shares `controllers` of a v2 group out to its children. True when all of them are shared.
bool share_out(const fs::path& group, const std::vector<std::string>& controllers) {
  const fs::path file = group / "cgroup.subtree_control";
  const std::vector<std::string> before = first_line_words(file);
  for (const std::string& controller : controllers) {
    // "memory" first, which a group with processes may not share out. Those that it may (cpu, pids)
    // would turn it into a root of threads, whose children then take no process at all.
    if (!contains(before, controller) && write_cgroup_file(file, "+" + controller) == EBUSY)
      return false;
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
    const auto inside = read_cgroup_file(group / "cgroup.procs");
    if (!inside) return false;
    const std::vector<std::string> pids = split(*inside, '\n');
    if (pids.empty()) return true;
    for (const std::string& pid : pids) {
      const int code = write_cgroup_file(leaf / "cgroup.procs", pid);
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

}  // namespace joulebench
