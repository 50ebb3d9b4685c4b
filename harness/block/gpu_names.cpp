#include "harness/block/gpu_names.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/file.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (fs::directory_iterator entry(folder, none), end; !none && entry != end;
       entry.increment(none)) {
    found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string with_driver(const std::string& name, const std::string& version) {
  return version.empty() ? name : name + ", driver " + version;
}

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 ...": the first word
/// that begins with a digit and has a point. Empty where there is none.
std::string nvidia_driver(const fs::path& proc) {
  std::istringstream words(first_line(proc / "driver/nvidia/version").value_or(""));
  for (std::string word; words >> word;) {
    if (word.front() >= '0' && word.front() <= '9' && word.find('.') != word.npos) return word;
  }
  return {};
}

/// What follows a key, such as "Model:", in /proc/driver/nvidia/gpus/PCI-ADDRESS/information.
std::string value_of(std::string_view key, const fs::path& information) {
  std::ifstream in(information);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t from = line.find_first_not_of(" \t", key.size());
    return from == line.npos ? std::string() : line.substr(from);
  }
  return {};
}

void add_nvidia(const fs::path& proc, std::vector<std::string>& names) {
  const std::string driver = nvidia_driver(proc);
  for (const fs::path& gpu : folders_in(proc / "driver/nvidia/gpus")) {
    const std::string model = value_of("Model:", gpu / "information");
    names.push_back(with_driver(model.empty() ? "NVIDIA GPU" : model, driver));
  }
}

/// "0x1002" -> "1002".
std::string pci_number(const fs::path& file) {
  const std::string text = first_line(file).value_or("");
  return text.starts_with("0x") ? text.substr(2) : text;
}

void add_drm(const fs::path& sysfs, std::vector<std::string>& names) {
  for (const fs::path& card : folders_in(sysfs / "class/drm")) {
    const std::string name = card.filename();
    // card0, and not its connectors (card0-HDMI-A-1).
    if (!name.starts_with("card") || name.find('-') != name.npos) continue;
    std::error_code none;
    const std::string driver = fs::read_symlink(card / "device/driver", none).filename();
    if (driver != "amdgpu" && driver != "i915" && driver != "xe") continue;
    std::string board =
        first_line(card / "device/product_name").value_or("");  // amdgpu, on some boards
    if (board.empty()) {
      board = driver + " GPU " + pci_number(card / "device/vendor") + ":" +
              pci_number(card / "device/device");
    }
    // A driver that came with the kernel has no version of its own: the kernel's is recorded.
    names.push_back(
        with_driver(board, first_line(sysfs / "module" / driver / "version").value_or("")));
  }
}

}  // namespace

std::vector<std::string> gpu_names(const fs::path& sysfs, const fs::path& proc) {
  std::vector<std::string> names;
  add_nvidia(proc, names);
  add_drm(sysfs, names);
  return names;
}

std::vector<std::string> gpu_ids(const fs::path& proc) {
  std::vector<std::string> ids;
  for (const fs::path& gpu : folders_in(proc / "driver/nvidia/gpus")) {
    std::string id = value_of("GPU UUID:", gpu / "information");
    // Before its first use the driver writes question marks.
    if (!id.empty() && id.find('?') == id.npos) ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace joulebench
