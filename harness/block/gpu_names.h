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

/// "GPU-1faa2be9-...": what NVIDIA's driver calls each board, in the order of their PCI addresses.
/// Two boards of one model differ by it, and in energy by some percent. Boards of which the driver
/// does not know it (yet) are left out.
std::vector<std::string> gpu_ids(const std::filesystem::path& proc);

}  // namespace joulebench
