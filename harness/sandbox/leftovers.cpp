#include "harness/sandbox/leftovers.h"

#include <sys/stat.h>
#include <unistd.h>

#include <regex>
#include <set>

#include "core/file.h"
#include "harness/sandbox/control_group.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

/// "PID-START" at the end of joulebench-NAME-PID-START-XXXXXX or joulebench-PID-START-COUNT; empty:
/// not ours.
std::string owner_in(const std::string& name) {
  static const std::regex pattern("joulebench-(?:.*-)?([0-9]+-[0-9]+)-[A-Za-z0-9]+");
  std::smatch match;
  return std::regex_match(name, match, pattern) ? match[1].str() : std::string();
}

void find_in(const fs::path& folder, Leftover::Kind kind, std::vector<Leftover>& found) {
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    const std::string owner = owner_in(entry->path().filename().string());
    struct stat status {};
    if (owner.empty() || is_running(owner) || ::lstat(entry->path().c_str(), &status) != 0)
      continue;
    if (!S_ISDIR(status.st_mode) || (::geteuid() != 0 && status.st_uid != ::geteuid())) continue;
    found.push_back({kind, entry->path(), owner});
  }
}

}  // namespace

std::vector<fs::path> control_group_parents() {
  std::set<fs::path> parents;
  for (const auto& [name, place] : places_for_blocks().controllers) parents.insert(place.parent);
  return {parents.begin(), parents.end()};
}

TemporaryPlaces temporary_places() {
  std::error_code ignored;
  return {.usual = fs::temp_directory_path(ignored), .memory = "/dev/shm"};
}

std::vector<Leftover> find_leftovers() {
  std::vector<Leftover> found;
  for (const fs::path& parent : control_group_parents()) {
    find_in(parent, Leftover::Kind::control_group, found);
  }
  const TemporaryPlaces places = temporary_places();
  for (const fs::path& folder : {places.usual, places.memory}) {
    find_in(folder, Leftover::Kind::folder, found);
  }
  return found;
}

std::vector<Leftover> clear_leftovers(const std::vector<Leftover>& leftovers) {
  std::vector<Leftover> stayed;
  for (const Leftover& leftover : leftovers) {
    std::error_code code;
    if (leftover.kind == Leftover::Kind::control_group) {
      if (!remove_control_group(leftover.path)) stayed.push_back(leftover);
    } else {
      fs::remove_all(leftover.path, code);  // follows no link
      if (code) stayed.push_back(leftover);
    }
  }
  return stayed;
}

std::string block_name(unsigned count) {
  return kOurPrefix + process_mark() + "-" + std::to_string(count);
}

}  // namespace joulebench
