#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {

/// Adds up a register that restarts at 0 after modulus - 1, in whole counts, and says what is odd.
/// A smaller reading is a wrap only when the register went back by at least half its range; by less
/// it was reset, and what it counted in between is lost: that step adds nothing.
class WrappingCounter {
 public:
  struct Shape {
    std::uint64_t modulus = 0;  // in counts; 0: the register never wraps
    double joules_per_count = 1e-6;
    Watts ceiling{};        // more than the device can draw; 0: not known
    Watts likely_most{};    // what it draws at most when all is well; 0: not known
    bool is_stated = true;  // likely_most is the device's own word, not a guess
    Seconds period{0};      // between two updates: one period's energy may arrive at once
  };
  explicit WrappingCounter(Shape shape) : shape_(shape) {}

  /// A reading taken between the two instants. The first one is the origin.
  void feed(std::uint64_t count, SteadyTime before, SteadyTime after);

  Joules total() const;  // since the first reading
  /// What to reckon with until the next reading: the stated figure, or twice what was seen.
  Watts likely_most() const;

  /// What may have flowed unseen: as above, but a guess gives way to three times what was seen.
  Watts unseen_most() const;
  const CounterEvents& events() const { return events_; }
  CounterEvents& events() { return events_; }
  /// Goes on in other counts; the total so far stays. `last` is the last reading in new counts.
  void change_shape(Shape shape, std::uint64_t last);
  const Shape& shape() const { return shape_; }

 private:
  Shape shape_;
  CounterEvents events_;
  Joules earlier_{};  // counted in earlier shapes
  std::uint64_t total_ = 0;
  std::optional<std::uint64_t> last_;
  SteadyTime last_before_{};
  double most_seen_ = 0;  // watts
};

}  // namespace joulebench
