#include "harness/meter/edge.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace joulebench {
namespace {

Tick tick(double earliest_us, double latest_us, double joules) {
  const auto at = [](double us) {
    return SteadyTime(std::chrono::nanoseconds(static_cast<std::int64_t>(us * 1000)));
  };
  return {at(earliest_us), at(latest_us), Joules{joules}};
}

TEST(Edge, SlopeIsThePowerBetweenTheFirstAndTheLastTick) {
  const std::array ticks = {tick(0, 10, 1.0), tick(1000, 1010, 1.05)};
  const auto slope = slope_of(ticks, Joules{0.0001});
  ASSERT_TRUE(slope);
  EXPECT_NEAR(slope->watts.value, 50, 1e-9);  // 0.05 J in 1 ms
  EXPECT_NEAR(slope->error.value, std::sqrt(2 * 0.25 * 0.25 + 2 * 0.05 * 0.05),
              1e-9);  // 10 us of 1 ms, and 0.1 mJ in 1 ms
}

TEST(Edge, OneTickHasNoSlope) {
  const std::array ticks = {tick(0, 10, 1.0)};
  EXPECT_FALSE(slope_of(ticks, Joules{0}));
}

TEST(Edge, ValueBeforeATickIsWithoutWhatFlowedInBetween) {
  const Slope slope{Watts{50}, Watts{1}};
  const SteadyTime exit(std::chrono::microseconds(600));
  const EdgeValue value = value_at(exit, tick(995, 1005, 2.0), slope, Joules{0.0001});
  EXPECT_DOUBLE_EQ(value.joules.value, 2.0 - 50 * 400e-6);
  EXPECT_NEAR(value.error.value, std::sqrt(250e-6 * 250e-6 + 400e-6 * 400e-6 + 50e-6 * 50e-6),
              1e-12);
}

}  // namespace
}  // namespace joulebench
