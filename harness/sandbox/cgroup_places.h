#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

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

}  // namespace joulebench
