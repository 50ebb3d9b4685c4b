#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "harness/meter/energy_meter.h"
#include "harness/meter/open_meters.h"

namespace joulebench {

/// Opens every NVIDIA board that can be measured; the only place that loads NVML, and only now:
/// neither its header nor its library is needed to build. A board with the total-energy counter is
/// `measured`, with power only `derived` (integrated). Boards that are partitioned (MIG) or used by
/// a process that is not below ours, and a driver that does not answer, go to `missing` with the
/// reason; so does the absence of the library when `is_named`. Sources of the constants: NVIDIA's
/// NVML API reference (nvml.h).
std::vector<std::unique_ptr<EnergyMeter>> open_nvml_meters(const std::string& library,
                                                           bool is_named, Clock& clock,
                                                           std::vector<MissingSource>& missing);

}  // namespace joulebench
