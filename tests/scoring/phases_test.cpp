#include "scoring/phases.h"

#include <gtest/gtest.h>

#include <chrono>

namespace joulebench {
namespace {

using namespace std::chrono_literals;

DomainEnergy used(double joules) {
  return {.domain = {.name = "cpu-package-0", .source = "test", .in_total = true},
          .joules = Joules{joules},
          .error = {},
          .flags = {}};
}

/// 1 W while it loads for 2 s, 3 W for 1 s of warm-up, 10 W for 4 s of two named phases.
struct MadeBlock {
  MadeBlock() {
    const SteadyTime start{};
    trace.domains = {used(0).domain};
    for (const auto& [second, joules] :
         {std::pair{0, 0.0}, {1, 1.0}, {2, 2.0}, {3, 5.0}, {4, 15.0}, {5, 25.0}, {7, 45.0}}) {
      const SteadyTime at = start + std::chrono::seconds(second);
      trace.samples.push_back({.domain = 0, .before = at, .after = at, .joules = Joules{joules}});
    }
    trace.marks = {{start + 2s, "ready"},
                   {start + 3s, "pass 1"},
                   {start + 3s, "phase read"},
                   {start + 4s, "phase compute"},
                   {start + 7s, "last answer"}};
    block.outcome = Outcome::valid;
    block.load = Seconds(2);
    block.measured = Seconds(4);
    block.tail = Seconds(1);
    WindowRecord window;
    window.started = start + 3s;
    window.wall = Seconds(4);
    block.windows = {window};
    block.energy = {used(40)};
    block.tail_energy = {used(0.5)};
  }
  BlockRecord block;
  EnergyTrace trace;
};

TEST(Phases, EnergyIsToldFromLoadToTailAndByThePhasesThatTheProgramNames) {
  const MadeBlock made;
  const auto phases = energy_by_phase(made.block, made.trace);
  ASSERT_EQ(phases.size(), 6u);
  EXPECT_EQ(phases[0].name, "load");
  EXPECT_DOUBLE_EQ(phases[0].joules.value().value, 2);
  EXPECT_EQ(phases[1].name, "warm-up");
  EXPECT_DOUBLE_EQ(phases[1].joules.value().value, 3);
  EXPECT_DOUBLE_EQ(phases[1].time.count(), 1);
  EXPECT_EQ(phases[2].name, "measured");
  EXPECT_DOUBLE_EQ(phases[2].joules.value().value, 40);
  EXPECT_EQ(phases[3].name, "read");
  EXPECT_TRUE(phases[3].is_part);
  EXPECT_DOUBLE_EQ(phases[3].joules.value().value, 10);
  EXPECT_EQ(phases[4].name, "compute");
  EXPECT_DOUBLE_EQ(phases[4].joules.value().value, 30);
  EXPECT_DOUBLE_EQ(phases[4].time.count(), 3);
  EXPECT_EQ(phases[5].name, "tail");
}

TEST(Phases, WhatWasNotMeasuredIsAbsentInTheMeanToo) {
  MadeBlock made, gap;
  gap.trace.samples[0].joules.reset();  // of the first reading
  const auto mean =
      mean_phases({energy_by_phase(made.block, made.trace), energy_by_phase(gap.block, gap.trace)});
  EXPECT_EQ(mean[0].joules, std::nullopt);
  EXPECT_DOUBLE_EQ(mean[0].time.count(), 2);
  EXPECT_DOUBLE_EQ(mean[1].joules.value().value, 3);
}

TEST(Phases, AVoidBlockHasNone) {
  MadeBlock made;
  made.block.outcome = Outcome::crash;
  EXPECT_TRUE(energy_by_phase(made.block, made.trace).empty());
}

}  // namespace
}  // namespace joulebench
