#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"

namespace joulebench {

/// What is known of a counter before it is watched.
struct CounterTraits {
  Joules quantum{};                // its smallest step; 0: finer than matters
  std::optional<Joules> wraps_at;  // the energy of one whole turn; absent: does not wrap
  std::optional<Watts> ceiling;    // more than the device can draw; absent: not known
  Watts likely_most{};         // what it draws at most when all is well; sets the pace of reading
  Seconds period{0};           // between two updates as far as is known; 0: always current
  bool has_ticks = true;       // it stands still between updates, so its edges can be waited for
  Seconds settle{0};           // how long energy goes on to arrive after it was used
  Seconds longest_gap{0};      // what the background may leave between two readings; 0: any
  double gain_error = 0;       // stated by the source, as a share of the reading
  bool answers_later = false;  // its samples come late: ask value_at()
};

/// What a counter stood at, at an instant that is over.
struct ValueAt {
  Joules joules{};        // on the scale of read()
  Joules error{};         // of this value, half width
  Joules summed_error{};  // grows with time; a window has the difference
};

/// What a device also tells about itself.
struct SideReading {
  SteadyTime time{};
  std::optional<Watts> watts;
  std::optional<double> celsius;
};

/// What went wrong with a counter since it was opened. Counts only rise.
struct CounterEvents {
  std::uint64_t failed_reads = 0;
  std::uint64_t wraps = 0;         // undone, no harm
  std::uint64_t resets = 0;        // went back by less than half its range
  std::uint64_t double_wraps = 0;  // two wraps may have happened between two readings
  std::uint64_t implausible = 0;   // rose by more than the device can draw
  std::uint64_t foreign = 0;       // another process was seen to use the device
  std::string last_error;          // of the last failed read, with the file or device
  std::string last_oddity;  // of the last reset, double wrap or implausible rise, with figures
};

/// One counter of consumed energy: a CPU package, a GPU board. One caller at a time.
/// Scope   everything the device did, ours or not.
/// Errors  read() never throws for a device that does not answer: the sample has no joules (a gap).
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  virtual const DomainInfo& domain() const = 0;
  /// Joules since this meter was opened, wraps undone, with the clock before and after the read.
  /// Allocates nothing unless the read fails or the reading is odd.
  virtual EnergySample read() = 0;
  /// Power and temperature for the trace, from the background and not at edges; absent: it tells
  /// none.
  virtual std::optional<SideReading> read_telemetry() { return std::nullopt; }
  /// For meters whose samples come late (traits().answers_later): waits until `deadline` for the
  /// samples around `instant`; absent: they did not come.
  virtual std::optional<ValueAt> value_at(SteadyTime /*instant*/, SteadyTime /*deadline*/) {
    return std::nullopt;
  }
  virtual CounterTraits traits() const { return {}; }
  virtual CounterEvents events() const { return {}; }
};

}  // namespace joulebench
