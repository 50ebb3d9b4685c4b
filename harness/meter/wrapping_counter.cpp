#include "harness/meter/wrapping_counter.h"

#include <fmt/format.h>

#include <algorithm>

namespace joulebench {

void WrappingCounter::feed(std::uint64_t count, SteadyTime before, SteadyTime after) {
  if (!last_) {
    last_ = count;
    last_before_ = before;
    return;
  }
  const double scale = shape_.joules_per_count;
  const double ceiling = shape_.ceiling.value;
  // What the device can have used since: one update's energy may have been waiting.
  const double elapsed = Seconds(after - last_before_ + shape_.period).count();
  std::uint64_t rise = 0;
  if (count >= *last_) {
    rise = count - *last_;
  } else {
    const std::uint64_t fall = *last_ - count;
    // Less than half its range back is a reset, unless we looked away for so long that it can have
    // used the other half.
    const double turn = static_cast<double>(shape_.modulus - fall) * scale;
    const bool late = shape_.likely_most.value > 0 && turn <= unseen_most().value * elapsed;
    if (shape_.modulus == 0 || (fall < shape_.modulus - fall && !late)) {
      ++events_.resets;
      events_.last_oddity = fmt::format("went back by {:.6f} J: reset, not wrapped",
                                        static_cast<double>(fall) * scale);
      rise = 0;
    } else {
      ++events_.wraps;
      rise = shape_.modulus - fall;
    }
  }
  const double joules = static_cast<double>(rise) * scale;
  // 4 ms more than elapsed: a reading may be late by several updates, a lie is not that small.
  if (ceiling > 0 && joules > ceiling * (elapsed + 0.004)) {
    ++events_.implausible;
    events_.last_oddity =
        fmt::format("rose by {:.6f} J in {:.6f} s; the device cannot draw more than {:.0f} W",
                    joules, elapsed, ceiling);
  }
  if (shape_.modulus != 0 && shape_.likely_most.value > 0 &&
      joules + static_cast<double>(shape_.modulus) * scale <= unseen_most().value * elapsed) {
    ++events_.double_wraps;
    events_.last_oddity = fmt::format(
        "not read for {:.3f} s, in which its range of {:.3f} J may have been used up twice",
        elapsed, static_cast<double>(shape_.modulus) * scale);
  }
  // Over shorter times one late update would look like a burst of power.
  if (elapsed > 0.003) most_seen_ = std::max(most_seen_, joules / elapsed);
  total_ += rise;
  last_ = count;
  last_before_ = before;
}

Joules WrappingCounter::total() const {
  return earlier_ + Joules{static_cast<double>(total_) * shape_.joules_per_count};
}

Watts WrappingCounter::likely_most() const {
  const double stated = shape_.likely_most.value;
  return {stated > 0 ? std::max(stated, 2 * most_seen_) : 0};
}

Watts WrappingCounter::unseen_most() const {
  if (shape_.is_stated || most_seen_ == 0) return likely_most();
  return {std::max(100.0, 3 * most_seen_)};
}

void WrappingCounter::change_shape(Shape shape, std::uint64_t last) {
  earlier_ = total();
  total_ = 0;
  shape_ = shape;
  if (last_) last_ = last;
}

}  // namespace joulebench
