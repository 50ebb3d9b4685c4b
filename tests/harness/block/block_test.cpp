#include "harness/block/block.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/sandbox/control_group.h"
#include "tests/harness/block/block_world.h"

namespace joulebench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A power measured for half a second in real time is right to what a busy machine delays its ends
// by.
auto about(double watts) {
  return testing::DoubleNear(watts, 0.1 * watts);
}

// Of a flag of that name; empty: there is none. A busy machine has flags of its own.
std::string detail_of(const BlockRecord& block, const std::string& flag) {
  for (const Flag& one : block.flags) {
    if (one.name == flag) return one.detail;
  }
  return {};
}

TEST_F(BlockWorld, AnHonestBlockIsValidAndItsAnswersStandInTheDatasetsOrder) {
  const BlockResult block = run(kHonest, {.requests = 3, .copies = 2});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_EQ(block.record.passes, 8) << "six measured ones, a first look and a later one";
  EXPECT_EQ(block.record.samples, 6U * kSamples);
  ASSERT_EQ(block.predictions.shape, (std::vector<std::size_t>{8, kSamples}));
  // The honest program answers with each sample's first byte, which is its row's number modulo 10.
  for (std::size_t pass = 0; pass < 8; ++pass) {
    for (std::size_t row = 0; row < kSamples; ++row) {
      ASSERT_EQ(element_as_double(block.predictions, pass * kSamples + row),
                static_cast<double>(row % 10))
          << "pass " << pass << ", row " << row;
    }
  }
  EXPECT_GT(block.record.load.count(), 0);
  EXPECT_GT(block.record.warm_up.count(), 0);
  EXPECT_GE(block.record.tail.count(), track.protocol.tail.count());
}

// What the meter sees between its first and its last reading of a window is the window. In it this
// thread has sent one short line a request and read one short line an answer: no input was
// written, no prediction was read, and nothing was computed.
TEST_F(BlockWorld, NothingOfOursHappensInsideAWindow) {
  row_bytes = 64 << 10;                // 100 rows of 64 KiB: a pass has 6.4 MB
  track.limits.output_bytes = 14'000;  // room for two answers: two windows
  const BlockResult block = run(kHonest, {.requests = 4, .copies = 1});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  ASSERT_EQ(block.record.windows.size(), 2U);
  EXPECT_EQ(block.record.windows[0].passes, 2);

  const auto windows = windows_seen();
  ASSERT_EQ(windows.size(), 2U);
  double inside_cpu = 0;
  for (const Span& window : windows) {
    EXPECT_GT(window.written, 2 * 60U) << "two requests were sent";
    EXPECT_LT(window.written, 2 * 120U) << "and nothing else was written";
    EXPECT_GT(window.read, 2 * 20U) << "two answers came";
    EXPECT_LT(window.read, 2 * 40U) << "and no predictions were read: they have 200 bytes each";
    inside_cpu += window.cpu;
  }
  // Before each window two passes of 6.4 MB were permuted and written.
  double before_cpu = 0;
  for (const Span& span : spans_before_windows()) {
    EXPECT_GT(span.written, 2 * kSamples * row_bytes);
    before_cpu += span.cpu;
  }
  EXPECT_LT(inside_cpu, 0.25 * before_cpu) << "copying 12.8 MB costs far more than two lines";
}

// Hidden samples are zero behind their first byte, public ones are not. The program ends with 9
// when anything tells it what a request is for, and with 8 when a file that it was not asked about
// holds hidden samples beside public ones.
constexpr const char* kSuspicious = R"(
import glob
last = 0
def is_hidden(path):
    with open(path, "rb") as file:
        return not any(file.read()[-7:])
ready()
for r in requests():
    name = '/jb/in/window/%d.npy' % r['request']
    if r['request'] != last + 1 or r['inputs'] != name:
        os._exit(9)
    if r['predictions'] != '/jb/out/%d.npy' % r['request'] or os.listdir('/jb/in') != ['window']:
        os._exit(9)
    last = r['request']
    if len({is_hidden(path) for path in glob.glob('/jb/in/window/*')}) != 1:
        os._exit(8)
    answer(r, firsts(r))
    done(r)
)";

TEST_F(BlockWorld, RequestsAreAlikeWhateverTheyAreForAndHiddenInputsComeAlone) {
  for (const int copies : {1, 4}) {
    const BlockResult block = run(kSuspicious, {.requests = 5, .copies = copies});
    EXPECT_EQ(block.record.outcome, Outcome::valid) << copies << ": " << block.record.message;
  }
}

TEST_F(BlockWorld, ThePilotShowsPublicInputsAlone) {
  const PilotResult pilot = run_pilot_of(R"(
ready()
for r in requests():
    if not all(any(row[1:]) for row in all_rows(r)):
        os._exit(9)
    answer(r, firsts(r))
    done(r)
)");
  EXPECT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
}

// Of requests of one row, of a pass and of several, in the order in which they came; `hidden` ones
// are zero behind their first byte.
TEST_F(BlockWorld, TheFirstHiddenRequestIsOnePassAfterAWarmUpInBothShapes) {
  const BlockResult block = run(kHonest, {.requests = 4, .copies = 8});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  std::vector<std::string> roles;
  for (const LookRecord& look : block.record.looks) roles.push_back(look.role);
  EXPECT_EQ(roles, (std::vector<std::string>{"public-pass", "public-request", "first-look",
                                             "later-look"}));
  EXPECT_EQ(block.record.looks[1].passes, 8);
  EXPECT_EQ(block.record.looks[2].pass, 1);
  EXPECT_EQ(block.record.looks[3].pass, 34);
  ASSERT_EQ(block.record.windows.size(), 2U);
  EXPECT_EQ(block.record.windows[0].first_pass, 2);
  EXPECT_EQ(block.record.windows[1].first_pass, 18);
  EXPECT_EQ(block.record.samples, 32 * kSamples) << "looks are no part of the figure";
}

TEST_F(BlockWorld, OnePassARequestNeedsOneLook) {
  const BlockResult block = run(kHonest, {.requests = 3});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  ASSERT_EQ(block.record.looks.size(), 1U);
  EXPECT_EQ(block.record.looks[0].role, "first-look");
  EXPECT_EQ(block.record.passes, 4);
}

// Of the hidden samples each sandbox sees one pass: the program ends with 9 at the second.
TEST_F(BlockWorld, LooksOnceShowsEachHiddenSampleOnceInASandbox) {
  track.protocol.looks = LooksRule::once;
  const BlockResult block = run(R"(
hidden = 0
ready()
for r in requests():
    hidden += not any(all_rows(r)[0][1:])
    if hidden == 2:
        os._exit(9)
    answer(r, firsts(r))
    done(r)
)",
                                {.requests = 3});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_EQ(block.record.sandboxes, 3);
  EXPECT_EQ(block.record.passes, 3);
  ASSERT_EQ(block.record.windows.size(), 3U);
  EXPECT_EQ(block.record.windows[2].first_pass, 3);
  ASSERT_EQ(block.predictions.shape, (std::vector<std::size_t>{3, kSamples}));
  for (std::size_t i = 0; i < 3 * kSamples; ++i) {
    ASSERT_EQ(element_as_double(block.predictions, i), static_cast<double>(i % 10)) << i;
  }
}

TEST_F(BlockWorld, IdlePowerThatMovedVoidsTheBlock) {
  track.protocol.idle = Seconds(0.5);
  watts["idle before"] = 10;
  watts["idle after"] = 15;
  const BlockResult block = run(kHonest, {});
  EXPECT_EQ(block.record.outcome, Outcome::voided);
  ASSERT_EQ(block.record.idle.size(), 1U);
  const IdlePower& idle = block.record.idle[0];
  EXPECT_THAT(idle.before->value, about(10));
  EXPECT_THAT(idle.after->value, about(15));
  EXPECT_THAT(block.record.message,
              HasSubstr(fmt::format(
                  "idle power of cpu-package-0 moved from {:.3g} W before to {:.3g} W after",
                  idle.before->value, idle.after->value)));
}

TEST_F(BlockWorld, IdlePowerThatStaysWithinFivePercentDoesNot) {
  track.protocol.idle = Seconds(1);
  watts["idle before"] = 10;
  watts["idle after"] = 10.1;
  EXPECT_EQ(run(kHonest, {}).record.outcome, Outcome::valid);
}

TEST_F(BlockWorld, ABlockWaitsUntilIdlePowerIsBack) {
  track.protocol.idle = Seconds(0.5);
  reference_idle = Watts{10};
  watts["idle before"] = 15;
  watts["cooling down"] = 9;
  watts["idle after"] = 9;
  const BlockResult block = run(kHonest, {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_GE(block.record.cool_down.count(), 0.5) << "one look at 15 W";
  EXPECT_EQ(detail_of(block.record, "not-cooled"), "");
  EXPECT_THAT(block.record.idle.at(0).before->value, about(9)) << "the last look counts";
}

TEST_F(BlockWorld, ABlockDoesNotWaitForEver) {
  track.protocol.idle = Seconds(0.5);
  reference_idle = Watts{10};
  cool_down = Seconds(0.6);
  for (const char* phase : {"idle before", "cooling down", "idle after"}) watts[phase] = 15;
  const BlockResult block = run(kHonest, {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_GE(block.record.cool_down.count(), 0.6);
  EXPECT_THAT(detail_of(block.record, "not-cooled"),
              AllOf(HasSubstr(fmt::format("idle power was {:.3g} W after ",
                                          block.record.idle.at(0).before->value)),
                    HasSubstr("and 10 W before the first block of the campaign")));
}

TEST_F(BlockWorld, AWindowWithoutAnEndReadingVoidsTheBlock) {
  fails_in = "pass 1 of 1";
  const BlockResult block = run(kHonest, {});
  EXPECT_EQ(block.record.outcome, Outcome::voided);
  EXPECT_THAT(block.record.message, HasSubstr("a counter could not be read at an end of a window"));
  ASSERT_EQ(block.record.energy.size(), 1U);
  EXPECT_FALSE(block.record.energy[0].joules) << "absent, not zero";
}

TEST_F(BlockWorld, ABlockThatIsTooShortIsVoidNotScaled) {
  track.protocol.min_block = Seconds(30);
  const BlockResult block = run(kHonest, {});
  EXPECT_EQ(block.record.outcome, Outcome::voided);
  EXPECT_THAT(block.record.message, HasSubstr("where at least 30.000 s was expected"));
}

TEST_F(BlockWorld, AScriptedPowerGivesItsEnergy) {
  watts["pass 1 of 1"] = 40;
  const BlockResult block = run(R"(
ready()
for r in requests():
    time.sleep(0.01)
    answer(r, firsts(r))
    done(r)
)",
                                {});
  ASSERT_EQ(block.record.windows.size(), 1U);
  const auto& window = block.record.windows[0];
  ASSERT_TRUE(window.domains.at(0).joules);
  const double truth = 40 * window.wall.count();
  EXPECT_NEAR(window.domains[0].joules->value, truth, window.domains[0].error.value + 1e-3);
}

TEST_F(BlockWorld, AfterItsLastAnswerAProgramIsFrozen) {
  track.protocol.tail = Seconds(0.3);
  const BlockResult block = run(R"(
hidden = 0
ready()
for r in requests():
    answer(r, firsts(r))
    hidden += not any(all_rows(r)[0][1:])
    done(r)
    if hidden == 2:
        start = last = time.monotonic()
        while time.monotonic() - last < 0.25:  # until it was frozen for so long
            last = time.monotonic()
            if last - start > 3:
                os._exit(7)
            time.sleep(0.02)
)",
                                {});
  EXPECT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  ASSERT_FALSE(block.record.tail_energy.empty());
  EXPECT_TRUE(block.record.tail_energy[0].joules);
}

TEST_F(BlockWorld, EnergyOfTheTailAboveIdleIsAddedToTheBlock) {
  track.protocol.idle = Seconds(0.5);
  track.protocol.tail = Seconds(0.5);
  watts["idle before"] = watts["idle after"] = 10;
  watts["tail"] = 30;
  const BlockResult block = run(kHonest, {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  const double of_windows = block.record.windows.at(0).domains.at(0).joules->value;
  EXPECT_NEAR(block.record.energy.at(0).joules->value - of_windows, 20 * block.record.tail.count(),
              1);
}

// The first window's answer is given, then it works: frozen, it has to go on once it is thawed.
TEST_F(BlockWorld, WorkBetweenWindowsIsAViolationOrPaidForInTheNext) {
  const BlockResult block = run(R"(
hidden = 0
ready()
for r in requests():
    answer(r, firsts(r))
    hidden += not any(all_rows(r)[0][1:])
    done(r)
    if hidden == 2:
        spin(0.1)
)",
                                {.requests = 2});
  expect_violation_or_paid(block.record, 0.1);
}

TEST_F(BlockWorld, WhatAProgramUsesBetweenWindowsIsInTheRecord) {
  const BlockResult block = run(kHonest, {.requests = 2});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  ASSERT_EQ(block.record.windows.size(), 2U);
  ASSERT_TRUE(block.record.windows[1].rest_cpu);
  EXPECT_LT(block.record.windows[1].rest_cpu->count(), 0.001);
}

TEST_F(BlockWorld, AProgramThatNeverRestsIsAViolation) {
  // Computes beside its answers from the start: the gate before the first window never opens.
  track.protocol.tail = Seconds(0);  // else the tail would see it too
  // On a busy machine it uses little of a processor at times, but its processes want one always.
  const BlockResult block = run(R"(
for _ in range(4):
    if os.fork() == 0:
        spin(1000)
ready()
for r in requests():
    answer(r, firsts(r))
    done(r)
)",
                                {});
  EXPECT_EQ(block.record.outcome, Outcome::violation);
  EXPECT_THAT(block.record.message, HasSubstr("the program computes while it waits for a request"));
}

TEST_F(BlockWorld, ThePilotMakesABlockLongEnoughAndGivesFastPassesSeveralCopies) {
  track.protocol.min_block = Seconds(0.5);
  const PilotResult pilot = run_pilot_of(kHonest);
  ASSERT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
  EXPECT_GT(pilot.plan.copies, 1) << "a request costs more than 100 samples of a byte";
  EXPECT_EQ(pilot.plan.copies, pilot.shape.copies);
  EXPECT_GT(pilot.plan.requests, 1);
}

TEST_F(BlockWorld, ThePilotKeepsAKnownShape) {
  track.protocol.min_block = Seconds(0.5);
  const PilotResult pilot = run_pilot_of(kHonest, RequestShape{.copies = 4, .reason = "as before"});
  ASSERT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
  EXPECT_EQ(pilot.plan.copies, 4);
  EXPECT_EQ(pilot.shape.reason, "as before");
}

TEST_F(BlockWorld, ThePilotCountsTheSlowestSensorsPeriods) {
  track.protocol.min_block = Seconds(0);
  track.protocol.min_sensor_periods = 100;
  meter_period = Seconds(0.02);  // 100 periods are 2 s
  track.limits.request = Seconds(5);
  const PilotResult pilot = run_pilot_of(R"(
ready()
for r in requests():
    time.sleep(0.25)
    answer(r, firsts(r))
    done(r)
)");
  ASSERT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
  EXPECT_EQ(pilot.plan.copies, 1);
  // 1.3 x 2 s / 0.25 s and a little: at most 11 requests; on a slow machine fewer.
  EXPECT_GE(pilot.plan.requests, 2);
  EXPECT_LE(pilot.plan.requests, 11);
}

}  // namespace
}  // namespace joulebench
