#include "harness/sandbox/gpu_grants.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>

#include "core/error.h"
#include "core/file.h"

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
constexpr const char* kDriverFolders[] = {"/usr/lib/x86_64-linux-gnu/nvidia/current",
                                          "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                          "/usr/lib64", "/usr/local/nvidia/lib64"};

bool is_driver_library(const std::string& name) {
  return std::any_of(std::begin(kDriverLibraries), std::end(kDriverLibraries),
                     [&name](const char* known) { return name.starts_with(known); });
}

}  // namespace

std::vector<DriverLibrary> gpu_driver_libraries(std::vector<fs::path> folders) {
  if (folders.empty()) folders.assign(std::begin(kDriverFolders), std::end(kDriverFolders));
  std::vector<DriverLibrary> libraries;
  std::error_code none;
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder / "libcuda.so.1", none)) continue;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      const std::string name = entry.path().filename().string();
      const fs::path file = fs::canonical(entry.path(), none);
      if (!none && is_driver_library(name) && fs::is_regular_file(file, none)) {
        libraries.push_back({name, file});
      }
    }
    break;
  }
  std::sort(libraries.begin(), libraries.end(),
            [](const DriverLibrary& a, const DriverLibrary& b) { return a.name < b.name; });
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
