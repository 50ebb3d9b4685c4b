#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// Something that a harness which is no more has left, by a power cut or a kill.
struct Leftover {
  enum class Kind { control_group, folder };
  Kind kind = Kind::folder;
  std::filesystem::path path;
  std::string owner;  // process_mark() of who made it
};

/// What doctor finds: control groups and folders in the temporary folder that carry our name, are
/// ours (root: anybody's) and whose maker no longer runs.
std::vector<Leftover> find_leftovers();
/// Kills what is still inside and removes it. Returns what could not be removed.
std::vector<Leftover> clear_leftovers(const std::vector<Leftover>& leftovers);

/// How the names of our control groups and temporary folders begin.
inline constexpr const char* kOurPrefix = "joulebench-";
/// Name of the control groups of the `count`th sandbox of this process:
/// joulebench-PID-STARTTIME-COUNT.
std::string block_name(unsigned count);

/// Folders in which our control groups stand.
std::vector<std::filesystem::path> control_group_parents();

/// Where our temporary folders stand: the usual place, and memory.
struct TemporaryPlaces {
  std::filesystem::path usual, memory;
};
TemporaryPlaces temporary_places();

}  // namespace joulebench
