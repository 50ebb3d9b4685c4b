#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "harness/meter/energy_meter.h"
#include "harness/meter/open_meters.h"

namespace joulebench {

/// Opens the energy counters and power sensors below SYSFS/class/hwmon that are known to us:
///
///   driver (file `name`)       sensor                     domain
///   amdgpu, i915, xe           energy*_input, power*      gpu-N, one a device
///   power_meter, acpi_power_meter (label Grace Power Socket N, CPU Power Socket N)
///                              power*_average             wall, cpu-package-N
///   ina3221                    VDD_IN; VDD_CPU_CV, VDD_CPU_GPU_CV; VDD_GPU_SOC, VDD_GPU
///                                                         wall; cpu-package-0; gpu-0
///
/// Energy counters (uJ) are `measured`; power (uW, or mV times mA of an INA3221) is integrated and
/// `derived`. A device with both is read by its counter. Packages in `known` are left out of the
/// total: RAPL has them. Source: Documentation/hwmon/ of Linux (sysfs-interface, ina3221), NVIDIA's
/// Grace performance tuning guide.
std::vector<std::unique_ptr<EnergyMeter>> open_hwmon_meters(const std::filesystem::path& sysfs,
                                                            bool has_packages, bool has_gpus,
                                                            Clock& clock,
                                                            std::vector<MissingSource>& missing);

}  // namespace joulebench
