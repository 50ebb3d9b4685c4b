#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {

/// What our own measuring cost.
struct MeterCost {
  Seconds cpu{0};           // CPU time of the sampling thread
  Seconds edge_cpu{0};      // CPU time of waiting for edges, outside the windows
  std::uint64_t reads = 0;  // of all domains together
  Seconds read_median{0};
};

/// What watching one counter has shown so far.
struct CounterStatistics {
  Seconds period{0};       // median time between updates; 0: not seen
  Seconds jitter{0};       // median deviation of it
  Seconds read_median{0};  // cost of one read
};

/// All meters of a node together: samples them in the background and answers for windows.
/// Threads: one caller; the sampling thread is inside. The destructor ends it.
class EnergyMonitor {
 public:
  struct Options {
    Seconds sample_period{0.1};  // shorter where the shortest wrap demands it, down to 1 ms
    bool background = true;      // false: tests call sample() themselves
  };
  EnergyMonitor(std::vector<std::unique_ptr<EnergyMeter>> meters, Clock& clock, Options options);
  ~EnergyMonitor();

  const std::vector<DomainInfo>& domains() const;
  /// The longest time between two updates of a counter that counts in the total.
  Seconds slowest_period() const;
  /// Per domain, in the order of domains().
  std::vector<CounterStatistics> statistics() const;
  /// Watches the counters for that long, so that statistics() has figures.
  void calibrate(Seconds time);

  /// Waits for an edge of the counters (at most 3 ms) and returns at it; the caller starts the work
  /// at once. Between the edge and the return nothing is allocated and no lock is waited for.
  void begin_window();
  /// Call at once when the work has ended: waits for the next edge; what was used between the
  /// work's end and the edge is taken out at the power seen right after it, the uncertainty goes
  /// into each domain's error.
  WindowEnergy end_window();

  void mark(std::string name);  // a mark in the trace at this instant
  EnergyTrace take_trace();  // what was sampled since the last call; thinned evenly when very long
  MeterCost cost() const;
  void sample();  // one reading of every meter, now

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "cpu-package-0 + dram-0": how the total is made; a modelled domain says its rule.
std::string total_formula_of(const std::vector<DomainInfo>& domains);

}  // namespace joulebench
