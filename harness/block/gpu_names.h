#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// The GPUs of this machine with their driver's version, as "NVIDIA H100 80GB HBM3, driver
/// 550.54.15", in the order of their PCI addresses: another board or driver gives other words.
/// From the NVIDIA driver's own files below `proc`, and from the DRM devices of amdgpu, i915 and xe
/// below `sysfs` (a board without a name there by its PCI numbers). Empty where there is none.
std::vector<std::string> gpu_names(const std::filesystem::path& sysfs,
                                   const std::filesystem::path& proc);

}  // namespace joulebench
