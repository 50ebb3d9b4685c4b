#include "harness/meter/line_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "harness/meter/energy_monitor.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

SteadyTime at(double seconds) {
  return SteadyTime(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

/// A meter whose program prints the lines and then stays.
LineMeter meter_of(const std::string& lines, Clock& clock) {
  return LineMeter("printf '" + lines + "'; sleep 60", 0, true, clock);
}

TEST(LineMeter, InterpolatesACounterBetweenItsSamples) {
  SystemClock clock;
  LineMeter meter = meter_of(
      "# clock monotonic\\n# name plug\\n10 joules 500 0.5\\n11 joules 600 0.5\\n"
      "12 joules 700 0.5\\n",
      clock);
  EXPECT_EQ(meter.domain().name, "plug");
  EXPECT_EQ(meter.domain().kind, DomainKind::wall);
  EXPECT_EQ(meter.domain().energy_class, EnergyClass::measured);
  const auto value = meter.value_at(at(11.25), clock.now());
  ASSERT_TRUE(value);
  EXPECT_DOUBLE_EQ(value->joules.value, 125);  // since its first sample
  EXPECT_DOUBLE_EQ(value->error.value, 0.5);   // steady power: only what it states
}

TEST(LineMeter, DoubtsTheInterpolationWherePowerChanges) {
  SystemClock clock;
  // 100 W, then 300 W: between 11 and 12 s nobody knows when the step was.
  LineMeter meter =
      meter_of("# clock monotonic\\n10 joules 0\\n11 joules 100\\n12 joules 400\\n", clock);
  EXPECT_DOUBLE_EQ(meter.value_at(at(11.5), clock.now())->error.value, 100);
}

TEST(LineMeter, IntegratesPowerAsDerived) {
  SystemClock clock;
  LineMeter meter = meter_of("# clock monotonic\\n10 watts 50 2\\n12 watts 50 2\\n", clock);
  EXPECT_EQ(meter.domain().energy_class, EnergyClass::derived);
  const auto value = meter.value_at(at(11), clock.now());
  ASSERT_TRUE(value);
  EXPECT_DOUBLE_EQ(value->joules.value, 50);
  EXPECT_DOUBLE_EQ(value->summed_error.value, 2);
}

TEST(LineMeter, AnInstantWithoutSamplesAroundItHasNoValue) {
  SystemClock clock;
  LineMeter meter = meter_of("# clock monotonic\\n10 joules 0\\n11 joules 5\\n", clock);
  EXPECT_FALSE(meter.value_at(at(9), clock.now()));
  EXPECT_FALSE(meter.value_at(at(12), clock.now() + std::chrono::milliseconds(20)));
}

TEST(LineMeter, BadLinesAreGapsWithTheLineItself) {
  SystemClock clock;
  LineMeter meter = meter_of(
      "# clock monotonic\\n10 joules 0\\nhello\\n10.5 volts 3\\n11 joules 5\\n"
      "10.7 joules 6\\n12 joules nan\\n13 joules 7 0 0\\n",
      clock);
  EXPECT_FALSE(meter.value_at(at(20), clock.now() + std::chrono::milliseconds(20)));  // reads all
  EXPECT_EQ(meter.events().failed_reads, 5u);
  EXPECT_EQ(meter.events().last_error, "not a sample: '13 joules 7 0 0'");
}

TEST(LineMeter, AProgramThatEndsOrTalksNonsenseIsRefused) {
  SystemClock clock;
  try {
    LineMeter meter("echo watt now", 0, true, clock);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "the outside meter gives no samples");
    EXPECT_EQ(error.parts().where, "echo watt now: not a sample: 'watt now'");
  }
  EXPECT_THROW(LineMeter("exit 3", 0, true, clock), Error);
}

TEST(LineMeter, AWindowIsTheDifferenceOfItsEnds) {
  SystemClock clock;
  // 20 samples a second on CLOCK_MONOTONIC, at 40 W.
  const std::string program =
      "/usr/bin/python3 -uc \"import time\nprint('# clock monotonic')\nwhile True:\n"
      " t = time.monotonic(); print(t, 'joules', 40 * t, 0.01); time.sleep(0.05)\"";
  std::vector<std::unique_ptr<EnergyMeter>> meters;
  meters.push_back(std::make_unique<LineMeter>(program, 0, true, clock));
  EnergyMonitor monitor(std::move(meters), clock, {.background = false});
  monitor.begin_window();
  clock.sleep_until(clock.now() + std::chrono::milliseconds(120));
  const WindowEnergy window = monitor.end_window();
  ASSERT_TRUE(window.domains.at(0).joules);
  EXPECT_NEAR(window.domains[0].joules->value, 40 * window.wall().count(), 0.02);
  EXPECT_GE(window.domains[0].error.value, 0.02);
  EXPECT_LT(window.domains[0].error.value, 0.1);
}

}  // namespace
}  // namespace joulebench
