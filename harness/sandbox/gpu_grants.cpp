#include "harness/sandbox/gpu_grants.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

std::string gpu_device(unsigned number) {
  return "/dev/nvidia" + std::to_string(number);
}

}  // namespace

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
    static std::map<std::string, FileDescriptor> kept_open;
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
