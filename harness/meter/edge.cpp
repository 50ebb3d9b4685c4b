#include "harness/meter/edge.h"

#include <algorithm>
#include <cmath>

namespace joulebench {

std::optional<Slope> slope_of(std::span<const Tick> ticks, Joules quantum) {
  if (ticks.size() < 2) return std::nullopt;
  const Tick& first = ticks.front();
  const Tick& last = ticks.back();
  const Seconds apart = last.middle() - first.middle();
  if (apart <= Seconds{0}) return std::nullopt;
  const Watts watts = (last.joules - first.joules) / apart;
  const double width = std::hypot(first.half_width().count(), last.half_width().count());
  const Joules uncertainty{std::hypot(watts.value * width, quantum.value / 2, quantum.value / 2)};
  return Slope{watts, uncertainty / apart};
}

EdgeValue value_at(SteadyTime instant, const Tick& tick, const Slope& slope, Joules quantum) {
  const Seconds distance = instant - tick.middle();
  return {.joules = tick.joules + slope.watts * distance,
          .error = Joules{std::hypot((slope.watts * tick.half_width()).value,
                                     (slope.error * distance).value, quantum.value / 2)}};
}

}  // namespace joulebench
