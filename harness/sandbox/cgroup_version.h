#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace joulebench {

/// How one version of control groups is spoken to. `folder` is always the group's own folder in the
/// hierarchy of the controller that is meant. Nothing throws: what does not work returns false or
/// is absent. CgroupV1 and CgroupV2; neither has a state.
class CgroupVersion {
 public:
  virtual ~CgroupVersion() = default;
  virtual const char* name() const = 0;  // "cgroup-v2", as in a record's enforcement

  virtual bool limit_memory(const std::filesystem::path& folder, std::uint64_t bytes) const = 0;
  bool limit_processes(const std::filesystem::path& folder, std::uint64_t count) const;
  /// CPUs that the group `parent` may use.
  virtual std::vector<int> cpus_of(const std::filesystem::path& parent) const = 0;
  /// Confines to those CPUs, with the memory nodes of the group above.
  virtual bool limit_cpus(const std::filesystem::path& folder, const std::string& cpus) const = 0;

  virtual std::filesystem::path cpu_time_file(const std::filesystem::path& folder) const = 0;
  virtual std::optional<Seconds> cpu_time_in(const std::string& text) const = 0;
  virtual std::optional<std::uint64_t> peak_memory(const std::filesystem::path& folder) const = 0;
  virtual std::uint64_t out_of_memory_kills(const std::filesystem::path& folder) const = 0;
  std::uint64_t refused_forks(const std::filesystem::path& folder) const;

  virtual bool can_freeze(const std::filesystem::path& folder) const = 0;
  /// Begins or ends the freezing; 0, or errno. The kernel needs some time for it.
  virtual int set_frozen(const std::filesystem::path& folder, bool frozen) const = 0;
  virtual bool is_frozen(const std::filesystem::path& folder) const = 0;
};

const CgroupVersion& cgroup_v1();
const CgroupVersion& cgroup_v2();

/// CPU numbers of a list as the kernel writes it: "0-3,8".
std::vector<int> cpu_list(const std::string& text);

}  // namespace joulebench
