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
/// Those that CUDA programs load, of the first of `folders` that has libcuda.so.1, by name: an
/// environment cannot hold them, since they must be of the kernel driver's version. Empty: none has
/// it. Without `folders`: where distributions keep them.
std::vector<DriverLibrary> gpu_driver_libraries(std::vector<std::filesystem::path> folders = {});

/// How many of a track's GPUs this machine has.
unsigned present_gpus(unsigned wanted);

}  // namespace joulebench
