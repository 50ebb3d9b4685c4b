#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/block/block_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

class SingleStream : public BlockWorld {
 protected:
  static constexpr const char* kAnswersFirstByte = R"(
ready()
for number, sample in samples():
    reply(number, sample[0])
)";

  SingleStream() {
    track.scenario = Scenario::single_stream;
    track.limits.request = Seconds(5);
  }

  void expect_failure(const std::string& body, Outcome outcome, const std::string& message) {
    const BlockResult block = run(body, {.requests = 2});
    EXPECT_EQ(block.record.outcome, outcome) << block.record.message;
    EXPECT_THAT(block.record.message, HasSubstr(message));
  }
};

TEST_F(SingleStream, AnswersStandInTheDatasetsOrderAndLatenciesInTheRecord) {
  const BlockResult block = run(kAnswersFirstByte, {.requests = 3});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_EQ(block.record.passes, 4) << "three measured ones and a first look";
  EXPECT_EQ(block.record.samples, 3U * kSamples);
  ASSERT_EQ(block.predictions.shape, (std::vector<std::size_t>{4, kSamples}));
  for (std::size_t i = 0; i < 4 * kSamples; ++i) {
    ASSERT_EQ(element_as_double(block.predictions, i), static_cast<double>(i % 10)) << i;
  }
  ASSERT_TRUE(block.record.latency);
  EXPECT_GT(block.record.latency->p50.count(), 0);
  EXPECT_LE(block.record.latency->p50, block.record.latency->p90);
  EXPECT_LE(block.record.latency->p90, block.record.latency->p99);
  EXPECT_LT(block.record.latency->p50 * 3 * kSamples, 2 * block.record.measured);
}

TEST_F(SingleStream, ALatencyIsWhatTheProgramTookForASample) {
  const BlockResult block = run(R"(
ready()
for number, sample in samples():
    time.sleep(0.05 if number % 4 == 0 else 0.005)
    reply(number, 0)
)",
                                {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_GE(block.record.latency->p50.count(), 0.005);
  EXPECT_LT(block.record.latency->p50.count(), 0.05) << "three of four are fast";
  EXPECT_GE(block.record.latency->p90.count(), 0.05);
}

// In a window this thread writes the frames and reads the answers, byte for byte, and nothing else.
TEST_F(SingleStream, NothingOfOursHappensInsideAWindow) {
  row_bytes = 4000;
  const BlockResult block = run(kAnswersFirstByte, {.requests = 2});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  const auto windows = windows_seen();
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].written, kSamples * (8 + row_bytes));
  const std::size_t answer = std::string(R"({"event":"answer","sample":1234,"class":3})").size();
  EXPECT_GT(windows[0].read, kSamples * (answer - 4));
  EXPECT_LE(windows[0].read, kSamples * (answer + 1));
}

TEST_F(SingleStream, LogLinesAndPhasesBetweenAnswersDoNoHarm) {
  const BlockResult block = run(R"(
ready()
for number, sample in samples():
    say('a word for the log: {')
    say('{"event":"phase","name":"layer 2"}')
    say('{"class": %d, "sample": %d, "event": "answer"}' % (sample[0], number))
)",
                                {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_EQ(element_as_double(block.predictions, 13), 3);
}

TEST_F(SingleStream, ASampleLargerThanThePipeArrivesWhole) {
  row_bytes = 200'000;
  track.limits.memory_bytes = std::uint64_t{500} << 20;
  const BlockResult block = run(R"(
ready()
for number, sample in samples():
    reply(number, sample[0] if len(sample) == 200000 and not any(sample[1:99]) else 9)
)",
                                {});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  EXPECT_EQ(element_as_double(block.predictions, 42), 2);
}

TEST_F(SingleStream, AProgramThatKnowsNoStreamFails) {
  expect_failure("ready()\nfor r in requests():\n    say('{\"event\":\"error\"}')\n",
                 Outcome::protocol,
                 R"(the program answered {"event":"error"}, where {"event":"streaming"})");
}

TEST_F(SingleStream, AClassThatDoesNotExistIsNamedWithItsSample) {
  expect_failure("ready()\nfor n, s in samples():\n    reply(n, 12 if n == 7 else 0)\n",
                 Outcome::predictions,
                 "sample 7 of the stream: class 12, where 0 to 9 was expected");
}

TEST_F(SingleStream, AnAnswerBeforeItsSampleFails) {
  expect_failure(R"(
ready()
for n, s in samples():
    say('{"event":"answer","sample":%d,"class":0}\n{"event":"answer","sample":%d,"class":0}' % (n, n + 1))
)",
                 Outcome::protocol,
                 "the program answered without being asked: "
                 R"({"event":"answer","sample":2,"class":0})");
}

TEST_F(SingleStream, AnAnswerThatComesTwiceFails) {
  expect_failure(R"(
ready()
for n, s in samples():
    reply(n, 0)
    if n == 5: reply(n, 0)
)",
                 Outcome::protocol, R"({"event":"answer","sample":5,"class":0})");
}

TEST_F(SingleStream, AnAnswerToAnotherSampleFails) {
  expect_failure("ready()\nfor n, s in samples():\n    reply(n - 1, 0)\n", Outcome::protocol,
                 R"(the program answered {"event":"answer","sample":0,"class":0}, where )"
                 R"({"event":"answer","sample":1,"class":...} was expected)");
}

TEST_F(SingleStream, HalfAnAnswerIsLateAndShown) {
  track.limits.request = Seconds(0.5);
  expect_failure(R"(
ready()
for n, s in samples():
    sys.stdout.write('{"event":"answer","sam')
    sys.stdout.flush()
)",
                 Outcome::timeout,
                 R"(no {"event":"answer","sample":1,"class":...} within 0.5 s; a line was begun )"
                 R"(and not ended: {"event":"answer","sam)");
}

TEST_F(SingleStream, AProgramThatNeverAnswersIsLate) {
  track.limits.request = Seconds(0.5);
  expect_failure("ready()\nfor n, s in samples():\n    time.sleep(9)\n", Outcome::timeout,
                 R"(no {"event":"answer","sample":1,"class":...} within 0.5 s)");
}

TEST_F(SingleStream, AProgramThatDoesNotReadItsSamplesIsLate) {
  track.limits.request = Seconds(0.5);
  row_bytes = 300'000;
  expect_failure("ready()\nsys.stdin.readline()\nsay('{\"event\":\"streaming\"}')\ntime.sleep(9)\n",
                 Outcome::timeout, "the program does not read its requests");
}

TEST_F(SingleStream, TheEndOfStdoutInsideAnAnswerIsNamed) {
  expect_failure(R"(
ready()
for n, s in samples():
    os.write(1, b'{"event":"answer",')
    os._exit(0)
)",
                 Outcome::protocol,
                 R"(the program exited with 0, where {"event":"answer","sample":1,"class":...} )"
                 R"(was expected; a line was begun and not ended: {"event":"answer",)");
}

TEST_F(SingleStream, AProgramThatDiesInsideAFrameHasCrashed) {
  row_bytes = 200'000;
  expect_failure(R"(
ready()
sys.stdin.buffer.readline()
say('{"event":"streaming"}')
sys.stdin.buffer.read(1000)
os._exit(3)
)",
                 Outcome::crash, "the program exited with 3, where");
}

TEST_F(SingleStream, WorkBetweenWindowsIsAViolationOrPaidForInTheNext) {
  const BlockResult block = run(R"(
ready()
hidden = 0
for n, s in samples():
    hidden += not any(s[1:])
    reply(n, 0)
    if hidden == 200: spin(0.1)
)",
                                {.requests = 2});
  expect_violation_or_paid(block.record, 0.1);
}

// Answers are remembered by where they stood in an earlier pass: orders of their own make them
// those of other samples.
TEST_F(SingleStream, RememberingAnswersByPositionIsWrong) {
  const BlockResult block = run(R"(
ready()
answers = {}
for n, s in samples():
    place = n % 100
    answers.setdefault(place, s[0])
    reply(n, answers[place])
)",
                                {.requests = 5});
  ASSERT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
  int right = 0;
  for (std::size_t i = 0; i < 6 * kSamples; ++i) {
    right += element_as_double(block.predictions, i) == static_cast<double>(i % 10);
  }
  EXPECT_LT(right, 180) << "one in ten is right by chance, and the pass that was remembered";
}

TEST_F(SingleStream, ThePilotMakesABlockLongEnough) {
  track.protocol.min_block = Seconds(0.5);
  const PilotResult pilot = run_pilot_of(R"(
ready()
for n, s in samples():
    time.sleep(0.002)
    reply(n, 0)
)");
  ASSERT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
  EXPECT_EQ(pilot.plan.copies, 1);
  // 1.3 x 0.5 s over a pass of 100 samples of 2 ms and a little.
  EXPECT_GE(pilot.plan.requests, 1);
  EXPECT_LE(pilot.plan.requests, 4);
}

}  // namespace
}  // namespace joulebench
