#include "core/energy.h"

#include <gtest/gtest.h>

#include <limits>

namespace joulebench {
namespace {

SteadyTime at(double seconds) {
  return SteadyTime(std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(seconds)));
}

// Readings of one domain at 0, 1, 2, ... seconds; NaN: it could not be read.
EnergyTrace trace_of(const std::vector<double>& joules) {
  EnergyTrace trace;
  trace.domains = {{.name = "cpu-package-0", .in_total = true}};
  for (std::size_t i = 0; i < joules.size(); ++i) {
    EnergySample sample{.before = at(static_cast<double>(i)), .after = at(static_cast<double>(i))};
    if (joules[i] == joules[i]) sample.joules = Joules{joules[i]};
    trace.samples.push_back(sample);
  }
  return trace;
}

DomainEnergy between(const EnergyTrace& trace, double from, double to) {
  const SteadyTime instants[] = {at(to)};
  return energy_since(trace, at(from), instants).at(0).at(0);
}

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

TEST(EnergySince, IsExactWhereThereAreReadings) {
  const DomainEnergy energy = between(trace_of({100, 110, 140}), 0, 2);
  EXPECT_EQ(energy.domain.name, "cpu-package-0");
  EXPECT_DOUBLE_EQ(energy.joules->value, 40);
  EXPECT_EQ(energy.error.value, 0);
}

TEST(EnergySince, BetweenReadingsItIsALineWithItsError) {
  // A quarter of the way from 110 J to 140 J: 117.5 J, and off by at most a quarter of the 30 J.
  const DomainEnergy energy = between(trace_of({100, 110, 140}), 0, 1.25);
  EXPECT_NEAR(energy.joules->value, 17.5, 1e-9);
  EXPECT_NEAR(energy.error.value, 7.5, 1e-9);
  EXPECT_NEAR(between(trace_of({100, 110, 140}), 0, 1.75).error.value, 7.5, 1e-9);
}

TEST(EnergySince, BothEndsAddToTheError) {
  // From 105 J, off by 5 of the 10 J, to 125 J, off by 15 of the 30 J.
  const DomainEnergy energy = between(trace_of({100, 110, 140}), 0.5, 1.5);
  EXPECT_NEAR(energy.joules->value, 20, 1e-9);
  EXPECT_NEAR(energy.error.value, 20, 1e-9);
}

TEST(EnergySince, WithoutAReadingOnASideThereIsNoNumber) {
  EXPECT_FALSE(between(trace_of({100, 110}), 0, 1.5).joules) << "behind the last";
  EXPECT_FALSE(between(trace_of({100, 110}), -0.5, 1).joules) << "before the first";
  EXPECT_FALSE(between(trace_of({100, kGap, 140}), 0, 1.5).joules) << "beside a gap";
  EXPECT_FALSE(between(trace_of({}), 0, 1).joules);
  EXPECT_TRUE(between(trace_of({100, kGap, 140, 150}), 0, 2.5).joules) << "beyond it";
}

}  // namespace
}  // namespace joulebench
