#include <unistd.h>

#include "harness/sandbox/cgroup_file.h"
#include "harness/sandbox/cgroup_version.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

class CgroupV1 final : public CgroupVersion {
 public:
  const char* name() const override { return "cgroup-v1"; }

  bool limit_memory(const fs::path& folder, std::uint64_t bytes) const override {
    const std::string text = std::to_string(bytes);
    const bool is_set = write_cgroup_file(folder / "memory.limit_in_bytes", text) == 0;
    // Memory and swap together. Absent where the kernel counts no swap: then there is none to use.
    write_cgroup_file(folder / "memory.memsw.limit_in_bytes", text);
    return is_set;
  }

  std::vector<int> cpus_of(const fs::path& parent) const override {
    return cpu_list(first_line_of(read_cgroup_file(parent / "cpuset.effective_cpus")));
  }
  bool limit_cpus(const fs::path& folder, const std::string& cpus) const override {
    // A new v1 group has no memory nodes either, and takes no process before it has some.
    const auto nodes = read_cgroup_file(folder.parent_path() / "cpuset.effective_mems");
    return write_cgroup_file(folder / "cpuset.mems", nodes ? first_line_of(nodes) : "0") == 0 &&
           write_cgroup_file(folder / "cpuset.cpus", cpus) == 0;
  }

  fs::path cpu_time_file(const fs::path& folder) const override { return folder / "cpuacct.usage"; }
  std::optional<Seconds> cpu_time_in(const std::string& text) const override {
    const auto ns = number_in(text);
    return ns ? std::optional(Seconds(static_cast<double>(*ns) * 1e-9)) : std::nullopt;
  }
  std::optional<std::uint64_t> peak_memory(const fs::path& folder) const override {
    return number_in(read_cgroup_file(folder / "memory.max_usage_in_bytes"));
  }
  std::uint64_t out_of_memory_kills(const fs::path& folder) const override {
    return number_in(read_cgroup_file(folder / "memory.oom_control"), "oom_kill").value_or(0);
  }

  bool can_freeze(const fs::path& folder) const override {
    return ::access((folder / "freezer.state").c_str(), W_OK) == 0;
  }
  int set_frozen(const fs::path& folder, bool frozen) const override {
    return write_cgroup_file(folder / "freezer.state", frozen ? "FROZEN" : "THAWED");
  }
  bool is_frozen(const fs::path& folder) const override {
    return first_line_of(read_cgroup_file(folder / "freezer.state")) == "FROZEN";
  }
};

}  // namespace

const CgroupVersion& cgroup_v1() {
  static const CgroupV1 version;
  return version;
}

}  // namespace joulebench
