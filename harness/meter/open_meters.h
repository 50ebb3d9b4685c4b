#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {

/// What to open. `names` is the --meters list: auto, rapl, perf, powercap, nvml, hwmon, model,
/// model:WATTS, none. auto is every real counter of this machine; model is opened only when it is
/// named.
struct MeterRequest {
  std::vector<std::string> names = {"auto"};
  std::filesystem::path sysfs = "/sys";
  std::vector<std::string> commands;  // outside meters, run by sh -c (line_meter.h)
  std::string nvml_library = "libnvidia-ml.so.1";
  std::function<Seconds()> cpu_time;  // for model: CPU seconds used so far by what is measured
};

/// A source that was looked for and cannot be used, with the command that would give access.
struct MissingSource {
  std::string source;  // "powercap:intel-rapl:0"
  std::string reason;  // "energy_uj: Permission denied"
  std::string remedy;  // one line
};

struct OpenedMeters {
  std::vector<std::unique_ptr<EnergyMeter>> meters;
  std::vector<MissingSource> missing;
  std::string total_formula;  // "cpu-package-0 + dram-0"; empty when nothing counts
};

/// Opens what this machine has and says what it lacks and why. The only place that picks.
/// Errors: Error for a name that does not exist. Nothing readable is not an error here.
OpenedMeters open_meters(const MeterRequest& request, Clock& clock);

}  // namespace joulebench
