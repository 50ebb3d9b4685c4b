#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/units.h"
#include "harness/sandbox/cgroup_places.h"
#include "harness/sandbox/cgroup_version.h"

namespace joulebench {

/// The control groups that one block lives in, one folder per hierarchy. The destructor kills what
/// is left inside and removes them, thawing and re-permitting what was made hard to remove; it
/// never throws.
class ControlGroup {
 public:
  struct Wanted {
    std::uint64_t memory_bytes = 0;
    std::uint64_t processes = 0;
    unsigned cpus = 0;
    std::size_t cpus_before = 0;  // SandboxSpec::cpus_before
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
  /// One controller of this group: its own folder, and how that is spoken to.
  struct Controller {
    std::filesystem::path folder;
    const CgroupVersion* version = nullptr;
  };
  /// Makes the folder for a controller, or takes the one that is there; null where there is none.
  const Controller* enter(const CgroupPlaces& places, const std::string& controller);
  const Controller* find(const std::string& controller) const;
  void limit_cpus(const CgroupPlaces& places, const Wanted& wanted);
  void leave(const std::filesystem::path& folder);

  std::string name_;
  std::vector<std::filesystem::path> folders_;
  std::map<std::string, Controller> controllers_;
  std::map<std::string, std::string> enforcement_;
  FileDescriptor cpu_time_file_;
};

/// Kills what is inside a group (ours, by name) and below, and removes it. False when it stays.
bool remove_control_group(const std::filesystem::path& folder);

}  // namespace joulebench
