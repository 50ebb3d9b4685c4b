#include "harness/sandbox/gpu_grants.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "harness/sandbox/container_devices.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::string gpu_device(unsigned number) {
  return "/dev/nvidia" + std::to_string(number);
}

// What libcuda.so.1 and NVML load in their turn; names may go on with a version.
constexpr const char* kDriverLibraries[] = {"libcuda.so",           "libcudadebugger.so",
                                            "libnvidia-gpucomp.so", "libnvidia-ml.so",
                                            "libnvidia-nvvm.so",    "libnvidia-ptxjitcompiler.so"};
bool is_driver_library(const std::string& name) {
  return std::any_of(std::begin(kDriverLibraries), std::end(kDriverLibraries),
                     [&name](const char* known) { return name.starts_with(known); });
}

}  // namespace

std::vector<DriverLibrary> gpu_driver_libraries(const DriverPlaces& places) {
  // The files themselves; those that we know by name may be any file of the folder.
  std::set<fs::path> folders, files;
  std::error_code none;
  for (const fs::path& library : container_gpu_libraries(places.container_devices)) {
    folders.insert(library.parent_path());
    files.insert(fs::canonical(library, none));
  }
  for (const fs::path& folder : places.libraries) {
    if (!files.empty()) break;
    if (!fs::exists(folder / "libcuda.so.1", none)) continue;
    folders.insert(folder);
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (!is_driver_library(entry.path().filename().string())) continue;
      files.insert(fs::canonical(entry.path(), none));
    }
    break;
  }
  std::map<std::string, fs::path> by_name;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      const fs::path file = fs::canonical(entry.path(), none);
      if (!none && files.contains(file) && fs::is_regular_file(file, none)) {
        by_name.emplace(entry.path().filename().string(), file);
      }
    }
  }
  std::vector<DriverLibrary> libraries;
  for (const auto& [name, file] : by_name) libraries.push_back({name, file});
  return libraries;
}

unsigned present_gpus(unsigned wanted) {
  for (unsigned i = 0; i < wanted; ++i) {
    struct stat status {};
    if (::stat(gpu_device(i).c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return i;
  }
  return wanted;
}

std::vector<std::string> granted_gpus(unsigned count, bool required) {
  std::vector<std::string> devices;
  const unsigned present = present_gpus(count);
  if (required && present < count) {
    throw Error(
        {.what = "the track grants " + std::to_string(count) + " GPU(s), and there are fewer",
         .where = gpu_device(present) + ": no such device",
         .hint = "load the NVIDIA driver (nvidia-smi shows what it sees), or lower limits.gpus"});
  }
  if (present == 0) return devices;
  for (unsigned i = 0; i < present; ++i) {
    const std::string device = gpu_device(i);
    static std::mutex mutex;
    static std::map<std::string, FileDescriptor> kept_open;
    const std::lock_guard lock(mutex);
    if (!kept_open.contains(device)) {
      kept_open[device] = FileDescriptor(::open(device.c_str(), O_RDWR | O_CLOEXEC));
    }
    devices.push_back(device);
  }
  for (const char* control : {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"}) {
    if (::access(control, F_OK) == 0) devices.emplace_back(control);
  }
  return devices;
}

}  // namespace joulebench
