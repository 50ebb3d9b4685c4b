#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// Device files of the first `count` GPUs, with the nodes that CUDA needs; empty for 0. Keeps each
/// GPU open as long as this process runs, so that no block pays for waking the driver. Where there
/// are fewer: those there are, or an Error when they are `required`.
std::vector<std::string> granted_gpus(unsigned count, bool required);

/// A library of the machine's GPU driver, by the name that programs load.
struct DriverLibrary {
  std::string name;  // "libcuda.so.1"
  std::filesystem::path file;
};
/// Where a machine's GPU driver has its libraries.
struct DriverPlaces {
  std::vector<std::filesystem::path> container_devices = {"/etc/cdi", "/var/run/cdi"};
  std::vector<std::filesystem::path> libraries = {
      "/usr/lib/x86_64-linux-gnu/nvidia/current", "/usr/lib/x86_64-linux-gnu",
      "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64"};
};
/// The libraries that CUDA programs load, by name, each under all names that it has in its folder:
/// an environment cannot hold them, since they must be of the kernel driver's version. Those that
/// the machine's container device file names; where there is none, those of our list in the first
/// folder that has libcuda.so.1. Empty: there are none. Errors: as container_gpu_libraries().
std::vector<DriverLibrary> gpu_driver_libraries(const DriverPlaces& places = {});

/// How many of a track's GPUs this machine has.
unsigned present_gpus(unsigned wanted);

}  // namespace joulebench
