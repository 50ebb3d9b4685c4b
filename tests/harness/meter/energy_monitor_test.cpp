#include "harness/meter/energy_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_meter.h"

namespace joulebench {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.push_back(flag.name);
  return names;
}

double seconds_of(SteadyTime time) {
  return Seconds(time.time_since_epoch()).count();
}

struct EnergyMonitorTest : testing::Test {
  /// A monitor over one counter of the given shape; `meter` is that counter.
  EnergyMonitor watch(FakeMeter::Shape shape, std::function<double(double)> joules_at) {
    auto made = std::make_unique<FakeMeter>(std::move(shape), clock, std::move(joules_at));
    meter = made.get();
    std::vector<std::unique_ptr<EnergyMeter>> meters;
    meters.push_back(std::move(made));
    return EnergyMonitor(std::move(meters), clock, {.background = false});
  }
  FakeClock clock;
  FakeMeter* meter = nullptr;
};

TEST_F(EnergyMonitorTest, ConstantPowerIsExactWithinItsErrorWhateverThePhase) {
  // 42 W; the truth of a window is 42 W times its length. Reads cost 4 us: each edge is known to 2
  // us.
  int held = 0;
  for (int i = 0; i < 200; ++i) {
    EnergyMonitor monitor = watch({.phase = Seconds(i * 7.3e-6)}, [](double t) { return 42 * t; });
    monitor.begin_window();
    clock.advance(Seconds(0.020 + i * 13.7e-6));
    const WindowEnergy window = monitor.end_window();
    const double truth = 42 * window.wall().count();
    ASSERT_TRUE(window.domains[0].joules);
    const double off = std::abs(window.domains[0].joules->value - truth);
    held += off <= window.domains[0].error.value ? 1 : 0;
    EXPECT_LE(off, 42 * 12e-6) << i;
    EXPECT_LE(window.domains[0].error.value, 42 * 30e-6) << i;
    EXPECT_TRUE(window.domains[0].flags.empty());
  }
  EXPECT_GE(held, 190);
}

TEST_F(EnergyMonitorTest, SlowFirstReadsDoNotBlurTheFirstEdge) {
  // The counter moves between two of the first reads, 80 us apart, for many of these phases.
  for (int i = 0; i < 200; ++i) {
    clock.advance(Seconds(i * 4.9e-6));
    EnergyMonitor monitor = watch({.cold_reads = 6}, [](double t) { return 42 * t; });
    monitor.begin_window();
    clock.advance(Seconds(0.020));
    const WindowEnergy window = monitor.end_window();
    EXPECT_NEAR(window.domains[0].joules->value, 42 * window.wall().count(), 42 * 12e-6) << i;
    EXPECT_LE(window.domains[0].error.value, 42 * 30e-6) << i;
  }
}

TEST_F(EnergyMonitorTest, AReadThatAnswersLateAtAnEdgeIsNotTakenForSilence) {
  // Ours or the counter's processor is put aside for 7 ms, longer than any counter is waited for.
  int held = 0, windows = 0;
  for (const bool at_start : {true, false}) {
    for (int reads = 0; reads < 150; ++reads, ++windows) {
      EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
      monitor.calibrate(Seconds(0.01));
      if (at_start) meter->reads_until_late = reads;
      monitor.begin_window();
      meter->reads_until_late = at_start ? -1 : reads;
      clock.advance(Seconds(0.020 + reads * 13.7e-6));
      const WindowEnergy window = monitor.end_window();
      const double off = std::abs(window.domains[0].joules->value - 42 * window.wall().count());
      held += off <= window.domains[0].error.value ? 1 : 0;
      EXPECT_LE(off, 42 * 12e-6) << reads;
      EXPECT_LE(window.domains[0].error.value, 42 * 30e-6) << reads;
      EXPECT_TRUE(window.domains[0].flags.empty()) << reads;
    }
  }
  EXPECT_GE(held, 0.95 * windows);
}

TEST_F(EnergyMonitorTest, PowerThatStepsAtTheEndsIsNotSmearedOverTheTick) {
  // 10 W, and 90 W more while the work lasts.
  int held = 0;
  for (int i = 0; i < 200; ++i) {
    double from = 1e9, to = 1e9;
    EnergyMonitor monitor = watch({.phase = Seconds(i * 7.3e-6)}, [&](double t) {
      return 10 * t + 90 * std::max(0.0, std::min(t, to) - from);
    });
    monitor.begin_window();
    from = seconds_of(clock.now());
    to = from + 0.020 + i * 13.7e-6;
    clock.advance(Seconds(to - from));
    const WindowEnergy window = monitor.end_window();
    const double truth = 100 * window.wall().count();
    EXPECT_NEAR(window.domains[0].joules->value, truth, 100 * 5e-6) << i;
    held +=
        std::abs(window.domains[0].joules->value - truth) <= window.domains[0].error.value ? 1 : 0;
  }
  EXPECT_GE(held, 190);
}

TEST_F(EnergyMonitorTest, ASlowCounterHasEdgesToo) {
  // A board that tells every 100 ms: at 200 W plain reads would be off by up to 20 J.
  EnergyMonitor monitor = watch(
      {.name = "gpu-0", .kind = DomainKind::gpu, .period = Seconds(0.1), .quantum = Joules{0.001}},
      [](double t) { return 200 * t; });
  for (int i = 0; i < 20; ++i) {
    monitor.begin_window();
    clock.advance(Seconds(0.25 + i * 0.0137));
    const WindowEnergy window = monitor.end_window();
    EXPECT_NEAR(window.domains[0].joules->value, 200 * window.wall().count(), 0.5) << i;
    EXPECT_LE(window.domains[0].error.value, 1) << i;
    EXPECT_TRUE(window.domains[0].flags.empty());
  }
}

TEST_F(EnergyMonitorTest, WhatFlowsBetweenAReadingAndTheWindowIsInTheErrorOfACounterWithoutEdges) {
  // Reads take 1 ms: one ends with the start of the window, one begins with its end.
  EnergyMonitor monitor =
      watch({.period = Seconds(0), .quantum = Joules{0}, .read_cost = Seconds(0.001)},
            [](double t) { return 42 * t; });
  monitor.begin_window();
  clock.advance(Seconds(0.02));
  const WindowEnergy window = monitor.end_window();
  const double off = window.domains[0].joules->value - 42 * window.wall().count();
  EXPECT_NEAR(off, 42 * 0.001, 1e-6) << "half a read at each end";
  EXPECT_GE(window.domains[0].error.value, off);
  EXPECT_LE(window.domains[0].error.value, 3 * off);
}

TEST_F(EnergyMonitorTest, BeginReturnsRightAtAnEdge) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  monitor.begin_window();
  const double phase = std::fmod(seconds_of(clock.now()), 0.000976);
  EXPECT_LE(phase, 20e-6);
  monitor.end_window();
}

TEST_F(EnergyMonitorTest, LearnsThePeriod) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  monitor.calibrate(Seconds(0.02));
  EXPECT_NEAR(monitor.statistics()[0].period.count(), 0.000976, 5e-6);
  EXPECT_NEAR(monitor.statistics()[0].read_median.count(), 4e-6, 1e-7);
  EXPECT_NEAR(monitor.slowest_period().count(), 0.000976, 5e-6);
}

TEST_F(EnergyMonitorTest, AFailedReadInTheMiddleIsAGapAndTheEnergyStands) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  monitor.begin_window();
  clock.advance(Seconds(0.5));
  meter->fails = true;
  monitor.sample();
  meter->fails = false;
  clock.advance(Seconds(0.5));
  const WindowEnergy window = monitor.end_window();
  EXPECT_FALSE(window.is_void);
  EXPECT_NEAR(window.domains[0].joules->value, 42 * window.wall().count(), 0.001);
  EXPECT_THAT(names_of(window.domains[0].flags), ElementsAre("gap"));
  EXPECT_EQ(window.domains[0].flags[0].detail,
            "fake:cpu-package-0 could not be read 1 times: fake:cpu-package-0: Input/output error");
  const EnergyTrace trace = monitor.take_trace();
  EXPECT_EQ(std::count_if(trace.samples.begin(), trace.samples.end(),
                          [](const EnergySample& sample) { return !sample.joules; }),
            1);
}

TEST_F(EnergyMonitorTest, AnUnreadableEndVoidsTheWindow) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  monitor.begin_window();
  clock.advance(Seconds(0.5));
  meter->fails = true;
  const WindowEnergy window = monitor.end_window();
  EXPECT_TRUE(window.is_void);
  EXPECT_FALSE(window.domains[0].joules);
  EXPECT_FALSE(total_of(window.domains));
  EXPECT_EQ(window.flags.at(0).detail,
            "cpu-package-0 could not be read at an end of the window: "
            "fake:cpu-package-0: Input/output error");
}

TEST_F(EnergyMonitorTest, AnUnreadableStartVoidsTheWindow) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  meter->fails = true;
  monitor.begin_window();
  meter->fails = false;
  clock.advance(Seconds(0.5));
  EXPECT_TRUE(monitor.end_window().is_void);
}

TEST_F(EnergyMonitorTest, ACounterThatStopsIsSuspect) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  monitor.begin_window();
  clock.advance(Seconds(0.1));
  monitor.sample();
  meter->frozen_at = seconds_of(clock.now());
  clock.advance(Seconds(0.01));
  const WindowEnergy window = monitor.end_window();
  EXPECT_EQ(window.domains[0].domain.energy_class, EnergyClass::suspect);
  EXPECT_EQ(names_of(window.domains[0].flags).at(0), "frozen");
}

TEST_F(EnergyMonitorTest, OddCountersAreSuspectInTheWindowInWhichTheyWereOdd) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  for (const bool odd : {false, true, false}) {
    monitor.begin_window();
    clock.advance(Seconds(0.1));
    if (odd) {
      ++meter->counted.resets;
      meter->counted.last_oddity = "went back by 5.000000 J: reset, not wrapped";
    }
    const WindowEnergy window = monitor.end_window();
    EXPECT_EQ(window.domains[0].domain.energy_class,
              odd ? EnergyClass::suspect : EnergyClass::measured);
    EXPECT_EQ(window.domains[0].flags.size(), odd ? 1u : 0u);
  }
}

TEST_F(EnergyMonitorTest, AVeryLongTraceIsThinnedEvenly) {
  EnergyMonitor monitor = watch({}, [](double t) { return 42 * t; });
  for (int i = 0; i < 300'000; ++i) {
    clock.advance(Seconds(0.01));
    monitor.sample();
  }
  const EnergyTrace trace = monitor.take_trace();
  EXPECT_LE(trace.samples.size(), std::size_t{1} << 17);
  EXPECT_GE(trace.samples.size(), std::size_t{1} << 16);
  EXPECT_NEAR(seconds_of(trace.samples.back().after) - seconds_of(trace.samples.front().before),
              3000, 5);
}

TEST_F(EnergyMonitorTest, TheTotalSaysHowItIsMade) {
  EXPECT_EQ(total_formula_of({{.name = "cpu-package-0", .in_total = true},
                              {.name = "core-0", .kind = DomainKind::core},
                              {.name = "dram-0", .kind = DomainKind::dram, .in_total = true}}),
            "cpu-package-0 + dram-0");
}

}  // namespace
}  // namespace joulebench
