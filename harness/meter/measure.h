#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"
#include "core/statistics.h"
#include "harness/meter/energy_monitor.h"
#include "harness/meter/measured_command.h"
#include "harness/meter/open_meters.h"

namespace joulebench {

struct MeasureRequest {
  std::vector<std::string> command;
  MeterRequest meters;  // cpu_time is set by measure()
  int repeat = 1;
  int warmup = 0;   // runs before, not measured
  Seconds idle{0};  // time to measure idle power before the first run; 0: not
  Seconds sample_period{0.1};
};

struct MeasuredRun {
  ChildEnd end;
  WindowEnergy energy;
  std::optional<EnergyTotal> total;  // absent: the window is void
  std::optional<EnergyTotal> net;    // without idle power; absent: idle was not measured
};

/// Of several runs the mean with its 95 % t interval (absent for one run), and the median.
struct Summary {
  Estimate mean;
  double median = 0;
};
Summary summary_of(const std::vector<double>& figures);  // of at least one

struct Measurement {
  std::vector<std::string> command;
  std::vector<MeasuredRun> runs;
  std::optional<WindowEnergy> idle;
  Summary wall_s;
  std::optional<Summary> joules;  // absent: no run has a total
  MeterCost cost;
  EnergyTrace trace;
  std::vector<MissingSource> missing;
  std::vector<Flag> flags;
  int exit_status = 0;  // the command's: of the first run that failed, else 0
};

/// Runs a command and says what it used: perf stat for joules. The command has our standard
/// streams. Errors: Error when nothing that counts in the total can be read (with the remedies),
/// when a window is void, or when the command cannot be started.
Measurement measure(const MeasureRequest& request, Clock& clock);

}  // namespace joulebench
