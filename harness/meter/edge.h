#pragma once

#include <optional>
#include <span>

#include "core/energy.h"
#include "core/units.h"

namespace joulebench {

/// A counter seen to move: before `earliest` it still had its old value, at `latest` it had
/// `joules`. Both are the middle of the read that saw it.
struct Tick {
  SteadyTime earliest{};
  SteadyTime latest{};
  Joules joules{};

  SteadyTime middle() const { return earliest + (latest - earliest) / 2; }
  Seconds half_width() const { return Seconds(latest - earliest) / 2.0; }
};

/// Power seen between ticks, with the half width of its uncertainty. Uncertainties of several
/// sources are added in squares: they are independent, and all on one side would be rare.
struct Slope {
  Watts watts{};
  Watts error{};
};

/// Between the first and the last of `ticks` (in time order); absent below two.
/// Error: both ticks' half widths, and half a quantum at each, over the time between.
std::optional<Slope> slope_of(std::span<const Tick> ticks, Joules quantum);

/// What a counter stood at, at an instant between its updates.
struct EdgeValue {
  Joules joules{};
  Joules error{};
};

/// The value at `instant`, from a tick near it and the power between the two:
///   value = tick + watts * (instant - tick)
///   error^2 = (watts * half width of the tick)^2 + (uncertainty of the power * distance)^2 +
///   (quantum / 2)^2
EdgeValue value_at(SteadyTime instant, const Tick& tick, const Slope& slope, Joules quantum);

}  // namespace joulebench
