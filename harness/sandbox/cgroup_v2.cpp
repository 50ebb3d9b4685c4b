#include <unistd.h>

#include "harness/sandbox/cgroup_file.h"
#include "harness/sandbox/cgroup_version.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

class CgroupV2 final : public CgroupVersion {
 public:
  const char* name() const override { return "cgroup-v2"; }

  bool limit_memory(const fs::path& folder, std::uint64_t bytes) const override {
    const bool is_set = write_cgroup_file(folder / "memory.max", std::to_string(bytes)) == 0;
    // Swap would make the limit soft. Absent where the kernel counts no swap: then there is none to
    // use.
    write_cgroup_file(folder / "memory.swap.max", "0");
    write_cgroup_file(folder / "memory.oom.group", "1");
    return is_set;
  }

  std::vector<int> cpus_of(const fs::path& parent) const override {
    return cpu_list(first_line_of(read_cgroup_file(parent / "cpuset.cpus.effective")));
  }
  bool limit_cpus(const fs::path& folder, const std::string& cpus) const override {
    return write_cgroup_file(folder / "cpuset.cpus", cpus) == 0;
  }

  fs::path cpu_time_file(const fs::path& folder) const override { return folder / "cpu.stat"; }
  std::optional<Seconds> cpu_time_in(const std::string& text) const override {
    const auto us = number_in(text, "usage_usec");
    return us ? std::optional(Seconds(static_cast<double>(*us) * 1e-6)) : std::nullopt;
  }
  std::optional<std::uint64_t> peak_memory(const fs::path& folder) const override {
    return number_in(read_cgroup_file(folder / "memory.peak"));
  }
  std::uint64_t out_of_memory_kills(const fs::path& folder) const override {
    return number_in(read_cgroup_file(folder / "memory.events"), "oom_kill").value_or(0);
  }

  bool can_freeze(const fs::path& folder) const override {
    return ::access((folder / "cgroup.freeze").c_str(), W_OK) == 0;  // since Linux 5.2
  }
  int set_frozen(const fs::path& folder, bool frozen) const override {
    return write_cgroup_file(folder / "cgroup.freeze", frozen ? "1" : "0");
  }
  bool is_frozen(const fs::path& folder) const override {
    return number_in(read_cgroup_file(folder / "cgroup.events"), "frozen") == 1;
  }
};

}  // namespace

const CgroupVersion& cgroup_v2() {
  static const CgroupV2 version;
  return version;
}

}  // namespace joulebench
