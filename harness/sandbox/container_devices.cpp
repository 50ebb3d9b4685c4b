#include "harness/sandbox/container_devices.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 1 << 20;
constexpr const char* kHint = "make it anew: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml";

bool is_library(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("lib") &&
         (name.ends_with(".so") || name.find(".so.") != std::string::npos);
}

void add_libraries(const fs::path& file, const YAML::Node& edits, std::vector<fs::path>& found) {
  if (!edits || !edits.IsMap()) return;
  for (const YAML::Node& mount : edits["mounts"]) {
    const fs::path host = mount["hostPath"].as<std::string>();
    if (!is_library(host)) continue;
    std::error_code none;
    if (!host.is_absolute() || !fs::is_regular_file(host, none)) {
      throw Error({.what = "a library of the GPU driver is not where the container file says",
                   .where = file.string() + ": " + printable(host.string(), 200),
                   .hint = kHint});
    }
    if (std::find(found.begin(), found.end(), host) == found.end()) found.push_back(host);
  }
}

/// Absent edits give nothing; a file of another kind neither.
bool add_libraries_of(const fs::path& file, std::vector<fs::path>& found) {
  try {
    const YAML::Node all = YAML::Load(read_text_file(file, kMostBytes));
    if (!all.IsMap() || all["kind"].as<std::string>("") != "nvidia.com/gpu") return false;
    add_libraries(file, all["containerEdits"], found);
    for (const YAML::Node& device : all["devices"]) {
      add_libraries(file, device["containerEdits"], found);
    }
    return true;
  } catch (const YAML::Exception& error) {
    throw Error({.what = "a container device file cannot be read",
                 .where = file.string() + ": " + printable(error.what(), 200),
                 .hint = kHint});
  }
}

}  // namespace

std::vector<fs::path> container_gpu_libraries(const std::vector<fs::path>& folders) {
  std::vector<fs::path> found;
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    std::error_code none;
    std::set<fs::path> files;  // in one order
    for (const auto& entry : fs::directory_iterator(*folder, none)) {
      const std::string ending = entry.path().extension().string();
      if (ending == ".yaml" || ending == ".json") files.insert(entry.path());
    }
    bool has_one = false;
    for (const fs::path& file : files) has_one |= add_libraries_of(file, found);
    if (has_one) break;
  }
  return found;
}

}  // namespace joulebench
