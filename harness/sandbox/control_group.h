#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/units.h"

namespace joulebench {

/// Where control groups can be made for blocks, controller by controller.
struct CgroupPlaces {
  struct Place {
    std::filesystem::path parent;  // our groups are made below it
    bool is_v2 = false;
  };
  /// "memory", "pids", "cpu-time", "cpuset", "cpu", "freeze"
  std::map<std::string, Place> controllers;
  std::map<std::string, std::string> missing;  // controller -> why, in words
};

/// Looks at /proc/self (`proc`) for the hierarchies, v2 first where its controllers can be had,
/// else v1. In v2 it may move the processes of a group that was delegated to us into a leaf of it
/// ("joulebench-self"), since only inner groups without processes may share out controllers. Done
/// once per process by places_for_blocks(); never throws for what is not there.
CgroupPlaces find_cgroup_places(const std::filesystem::path& proc = "/proc/self");
const CgroupPlaces& places_for_blocks();

/// Folder of our own group in cgroup v2; absent where v2 is not there, or shares its machine with
/// v1 and has no controllers.
std::optional<std::filesystem::path> own_v2_group(const std::filesystem::path& proc = "/proc/self");

/// The control groups that one block lives in, one folder per hierarchy. The destructor kills what
/// is left inside and removes them, thawing and re-permitting what was made hard to remove; it
/// never throws.
class ControlGroup {
 public:
  struct Wanted {
    std::uint64_t memory_bytes = 0;
    std::uint64_t processes = 0;
    unsigned cpus = 0;
  };
  ControlGroup(const CgroupPlaces& places, const std::string& name, const Wanted& wanted);
  ~ControlGroup();
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  /// "memory", "processes", "cpus", "cpu_time", "freeze" -> cgroup-v2 or cgroup-v1; what is not
  /// here is not enforced.
  const std::map<std::string, std::string>& enforcement() const { return enforcement_; }
  /// Files a process writes "0" to in order to enter, each opened for writing by the caller.
  std::vector<std::filesystem::path> entrances() const;
  const std::vector<std::filesystem::path>& folders() const { return folders_; }

  std::optional<Seconds> cpu_time() const;  // user + system of every process that was ever inside
  std::optional<std::uint64_t> peak_memory() const;
  std::uint64_t out_of_memory_kills() const;
  std::uint64_t refused_forks() const;

  /// Stops all that is inside, and returns when nothing runs any more; false when no control group
  /// here can. Errors: Error when something still runs after 10 s.
  bool freeze();
  void thaw();  // what is inside runs on; nothing where it is not frozen

  /// Kills all that is inside and removes the folders; false when something could not be removed.
  bool remove();

 private:
  struct File;
  std::filesystem::path folder_of(const std::string& controller) const;

  std::vector<std::filesystem::path> folders_;
  std::map<std::string, CgroupPlaces::Place> by_controller_;  // parent is our own folder here
  std::map<std::string, std::string> enforcement_;
  FileDescriptor cpu_time_file_;
};

/// Kills what is inside a group (ours, by name) and below, and removes it. False when it stays.
bool remove_control_group(const std::filesystem::path& folder);

}  // namespace joulebench
