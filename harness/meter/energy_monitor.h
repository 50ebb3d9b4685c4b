#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {

/// What our own measuring cost.
struct MeterCost {
  Seconds cpu{0};           // CPU time of the sampling thread
  std::uint64_t reads = 0;  // of all domains together
  Seconds read_median{0};
};

/// All meters of a node together: samples them in the background and answers for windows.
/// Threads: one caller; the sampling thread is inside. The destructor ends it.
class EnergyMonitor {
 public:
  struct Options {
    Seconds sample_period{0.1};  // raised or lowered by what the shortest wrap demands
    bool background = true;      // false: tests call sample() themselves
  };
  EnergyMonitor(std::vector<std::unique_ptr<EnergyMeter>> meters, Clock& clock, Options options);
  ~EnergyMonitor();

  const std::vector<DomainInfo>& domains() const;
  /// The longest time between two updates of a counter that counts in the total.
  Seconds slowest_period() const;

  /// Waits for an edge of the counters and returns at it; the caller starts the work at once.
  void begin_window();
  /// Call at once when the work has ended: waits for the next edge; what was used between the
  /// work's end and the edge is taken out, the doubt goes into each domain's error.
  WindowEnergy end_window();

  void mark(std::string name);  // a mark in the trace at this instant
  EnergyTrace take_trace();     // what was sampled since the last call
  MeterCost cost() const;
  void sample();  // one reading of every meter, now

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace joulebench
