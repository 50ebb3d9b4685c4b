#include "harness/sandbox/process_tree.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace joulebench {
namespace fs = std::filesystem;
namespace {

/// "Pss" of /proc/PID/smaps_rollup.
std::uint64_t proportional_bytes(const std::string& folder) {
  std::ifstream file(folder + "/smaps_rollup");
  std::string word;
  std::uint64_t kilobytes = 0;
  while (file >> word && word != "Pss:") {
  }
  file >> kilobytes;
  return kilobytes * 1024;
}

void add_tree(pid_t pid, bool proportional, TreeUse& use, int depth = 0) {
  if (depth > 200) return;
  const std::string folder = "/proc/" + std::to_string(pid);
  const std::string line = behind_name(folder + "/stat");
  if (line.empty()) return;
  std::istringstream fields(line);
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0, waited_user = 0, waited_system = 0;
  fields >> user >> system >> waited_user >> waited_system;
  use.cpu += Seconds((user + system + waited_user + waited_system) /
                     static_cast<double>(::sysconf(_SC_CLK_TCK)));
  std::ifstream statm(folder + "/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  use.resident_bytes += resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (proportional) use.own_bytes += proportional_bytes(folder);
  std::error_code ignored;
  for (fs::directory_iterator task(folder + "/task", ignored), end; !ignored && task != end;
       task.increment(ignored)) {
    std::ifstream children(task->path() / "children");
    for (pid_t child = 0; children >> child;) add_tree(child, proportional, use, depth + 1);
  }
}

bool is_runnable(pid_t pid, int depth) {
  if (depth > 200) return false;
  std::error_code ignored;
  for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", ignored), end;
       !ignored && task != end; task.increment(ignored)) {
    if (behind_name(task->path() / "stat").starts_with('R')) return true;
    std::ifstream children(task->path() / "children");
    for (pid_t child = 0; children >> child;) {
      if (is_runnable(child, depth + 1)) return true;
    }
  }
  return false;
}

}  // namespace

TreeUse use_of_tree(pid_t first, bool proportional) {
  TreeUse use;
  add_tree(first, proportional, use);
  return use;
}

std::string behind_name(const fs::path& stat) {
  std::ifstream file(stat);
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  return name_end == std::string::npos || name_end + 2 >= line.size() ? ""
                                                                      : line.substr(name_end + 2);
}

bool is_tree_runnable(pid_t first) {
  return is_runnable(first, 0);
}

}  // namespace joulebench
