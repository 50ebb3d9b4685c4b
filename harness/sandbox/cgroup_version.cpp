#include "harness/sandbox/cgroup_version.h"

#include <string>

#include "harness/sandbox/cgroup_file.h"

namespace joulebench {
namespace fs = std::filesystem;

bool CgroupVersion::limit_processes(const fs::path& folder, std::uint64_t count) const {
  return write_cgroup_file(folder / "pids.max", std::to_string(count)) == 0;
}

std::uint64_t CgroupVersion::refused_forks(const fs::path& folder) const {
  return number_in(read_cgroup_file(folder / "pids.events"), "max").value_or(0);
}

std::vector<int> cpu_list(const std::string& text) {
  std::vector<int> cpus;
  for (const std::string& range : split(text, ',')) {
    const std::size_t dash = range.find('-');
    const int first = std::stoi(range);
    const int last = dash == std::string::npos ? first : std::stoi(range.substr(dash + 1));
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace joulebench
