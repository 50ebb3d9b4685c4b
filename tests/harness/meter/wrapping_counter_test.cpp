#include "harness/meter/wrapping_counter.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

SteadyTime after(double seconds) {
  return SteadyTime(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

TEST(WrappingCounter, CountsFromTheFirstReading) {
  WrappingCounter counter({.modulus = 1000, .joules_per_count = 0.5});
  counter.feed(100, after(0), after(0));
  counter.feed(130, after(1), after(1));
  EXPECT_DOUBLE_EQ(counter.total().value, 15);
}

TEST(WrappingCounter, ManyWrapsAreExact) {
  WrappingCounter counter({.modulus = 1000, .joules_per_count = 1});
  counter.feed(0, after(0), after(0));
  for (std::uint64_t sum = 400; sum <= 40'000; sum += 400)
    counter.feed(sum % 1000, after(1), after(1));
  EXPECT_DOUBLE_EQ(counter.total().value, 40'000);
  EXPECT_EQ(counter.events().wraps, 40u);
  EXPECT_EQ(counter.events().resets, 0u);
}

TEST(WrappingCounter, BackByLessThanHalfTheRangeIsAResetAndAddsNothing) {
  WrappingCounter counter({.modulus = 1000, .joules_per_count = 1});
  counter.feed(600, after(0), after(0));
  counter.feed(700, after(1), after(1));
  counter.feed(201, after(2), after(2));  // back by 499
  counter.feed(211, after(3), after(3));
  EXPECT_DOUBLE_EQ(counter.total().value, 110);
  EXPECT_EQ(counter.events().resets, 1u);
  EXPECT_EQ(counter.events().last_oddity, "went back by 499.000000 J: reset, not wrapped");
}

TEST(WrappingCounter, AfterALongSilenceGoingBackALittleIsAWrap) {
  // 600 to 201 is 601 of 1,000 counts on, which 100 W need 6 s for: no reset after 7 s, one after 2
  // s.
  for (const auto& [silence, wraps] : {std::pair{7.0, 1u}, std::pair{2.0, 0u}}) {
    WrappingCounter counter({.modulus = 1000, .joules_per_count = 1, .likely_most = Watts{100}});
    counter.feed(600, after(0), after(0));
    counter.feed(201, after(silence), after(silence));
    EXPECT_EQ(counter.events().wraps, wraps);
    EXPECT_EQ(counter.events().resets, 1 - wraps);
  }
}

TEST(WrappingCounter, AGuessedPowerGivesWayToThreeTimesWhatWasSeen) {
  // 40 W seen: in 10 s of silence at most 1,200 J are reckoned with, though 250 W were guessed.
  WrappingCounter counter(
      {.modulus = 2000, .joules_per_count = 1, .likely_most = Watts{250}, .is_stated = false});
  counter.feed(0, after(0), after(0));
  counter.feed(40, after(1), after(1));
  counter.feed(440, after(11), after(11));
  EXPECT_EQ(counter.events().double_wraps, 0u);
  EXPECT_DOUBLE_EQ(counter.likely_most().value, 250);  // the pace of reading stays
  EXPECT_DOUBLE_EQ(counter.unseen_most().value, 120);
}

TEST(WrappingCounter, BackByHalfTheRangeIsAWrap) {
  WrappingCounter counter({.modulus = 1000, .joules_per_count = 1});
  counter.feed(700, after(0), after(0));
  counter.feed(200, after(1), after(1));
  EXPECT_DOUBLE_EQ(counter.total().value, 500);
  EXPECT_EQ(counter.events().wraps, 1u);
}

TEST(WrappingCounter, SilenceLongEnoughForTwoTurnsIsToldAsSuch) {
  // 100 W at most and a range of 1,000 J: after 19 s at most 1,900 J can be in it, after 21 s 2,100
  // J.
  for (const auto& [silence, doubtful] : {std::pair{14.0, false}, std::pair{21.0, true}}) {
    WrappingCounter counter({.modulus = 1000, .joules_per_count = 1, .likely_most = Watts{100}});
    counter.feed(0, after(0), after(0));
    counter.feed(900, after(silence), after(silence));
    EXPECT_EQ(counter.events().double_wraps, doubtful ? 1u : 0u) << silence;
  }
}

TEST(WrappingCounter, ARiseThatTheDeviceCannotDrawIsImplausible) {
  WrappingCounter counter({.modulus = 0, .joules_per_count = 1, .ceiling = Watts{200}});
  counter.feed(0, after(0), after(0));
  counter.feed(190, after(1), after(1));
  EXPECT_EQ(counter.events().implausible, 0u);
  counter.feed(490, after(2), after(2));
  EXPECT_EQ(counter.events().implausible, 1u);
  EXPECT_EQ(counter.events().last_oddity,
            "rose by 300.000000 J in 1.000000 s; the device cannot draw more than 200 W");
  EXPECT_DOUBLE_EQ(counter.total().value, 490);
}

TEST(WrappingCounter, ARegisterWithoutAModulusNeverWraps) {
  WrappingCounter counter({.modulus = 0, .joules_per_count = 1});
  counter.feed(1000, after(0), after(0));
  counter.feed(10, after(1), after(1));
  EXPECT_DOUBLE_EQ(counter.total().value, 0);
  EXPECT_EQ(counter.events().resets, 1u);
}

TEST(WrappingCounter, AChangeOfUnitKeepsTheTotal) {
  WrappingCounter counter({.modulus = 1000, .joules_per_count = 0.5});
  counter.feed(0, after(0), after(0));
  counter.feed(10, after(1), after(1));
  counter.change_shape({.modulus = 1'000'000, .joules_per_count = 0.001}, 5000);
  counter.feed(6000, after(2), after(2));
  EXPECT_DOUBLE_EQ(counter.total().value, 6);
}

}  // namespace
}  // namespace joulebench
