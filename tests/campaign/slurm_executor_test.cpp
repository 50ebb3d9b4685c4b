#include "campaign/slurm_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_text.h"

namespace joulebench {
namespace {

using Phase = SessionState::Phase;

TEST(SlurmExecutor, WritesTasksOfAnArrayAsRanges) {
  EXPECT_EQ(array_of({1, 2, 3, 7, 9, 10}), "1-3,7,9-10");
  EXPECT_EQ(array_of({4}), "4");
}

TEST(SlurmExecutor, ReadsHowTasksStand) {
  const auto states = parse_queue(
      "12|1|RUNNING|node1|None\n12|2|PENDING||Resources\n12|3|NODE_FAIL|node2|None\n"
      "12|4|TIMEOUT|node3|TimeLimit\n");
  ASSERT_EQ(states.size(), 4U);
  EXPECT_EQ(states[0].phase, Phase::runs);
  EXPECT_EQ(states[0].node, "node1");
  EXPECT_EQ(states[0].job, "12_1");
  EXPECT_EQ(states[1].phase, Phase::waits);
  EXPECT_EQ(states[1].reason, "Resources");
  EXPECT_EQ(states[2].phase, Phase::ended);
  EXPECT_EQ(states[2].reason, "NODE_FAIL");
  EXPECT_EQ(states[3].reason, "TIMEOUT, TimeLimit");
}

TEST(SlurmExecutor, TheLatestJobOfATaskCounts) {
  const auto states = parse_queue("15|1|RUNNING|node2|None\n9|1|FAILED|node1|NonZeroExitCode\n");
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].job, "15_1");
  EXPECT_EQ(states[0].phase, Phase::runs);
}

TEST(SlurmExecutor, SaysWhichLineItDoesNotUnderstand) {
  EXPECT_THAT(error_text([] { parse_queue("12|1|RUNNING\n"); }),
              testing::HasSubstr("12|1|RUNNING"));
  EXPECT_TRUE(parse_queue("").empty());
}

}  // namespace
}  // namespace joulebench
