#include "campaign/slurm_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/file.h"
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
  EXPECT_EQ(states[2].reason, "its node failed (NODE_FAIL)");
  EXPECT_EQ(states[3].reason,
            "its time limit ended it; give more: --sbatch-option=--time=8:00:00 (TIMEOUT), "
            "TimeLimit");
}

TEST(SlurmExecutor, ReadsHowForgottenJobsEnded) {
  const auto states = parse_accounting(
      "12_1|FAILED|2:0|node1\n12_2|CANCELLED by 0|0:15|node2\n12_[3-5]|PENDING|0:0|None assigned\n"
      "12_6|OUT_OF_MEMORY|0:125|node1\n11_6|COMPLETED|0:0|node2\n13|COMPLETED|0:0|node1\n");
  ASSERT_EQ(states.size(), 3U);
  EXPECT_EQ(states[0].phase, Phase::ended);
  EXPECT_EQ(states[0].reason, "it failed (FAILED), exit status 2");
  EXPECT_EQ(states[1].reason, "it was cancelled (CANCELLED), signal 15");
  EXPECT_EQ(states[1].node, "node2");
  EXPECT_EQ(states[2].job, "12_6") << "the latest job of a task";
}

TEST(SlurmExecutor, PassesOverWhatAccountingSaysBesides) {
  const auto states = parse_accounting(
      "Welcome to the cluster\n\n| sacct | is slow today | see | the wiki |\n12_1|FAILED\n"
      "12_2|FAILED|1:0|node1\n");
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].session, 2);
}

/// Programs of Slurm's names that say what the test wrote; their calls are kept.
class ScriptedSlurm : public testing::Test {
 protected:
  ScriptedSlurm() {
    for (const char* const name : {"sbatch", "squeue", "scancel", "sacct"}) says(name, "");
    const char* const path = std::getenv("PATH");
    before_ = path == nullptr ? "" : path;
    ::setenv("PATH", (folder_.path().string() + ":" + before_).c_str(), 1);
    for (const char* const node : {"", "", "node2"}) {
      jobs_.add(++sessions_, {.competition_text = "{}",
                              .track = "made-up",
                              .dataset_sha256 = std::string(64, 'd'),
                              .meters = {"model"},
                              .entries = {},
                              .node = node});
    }
  }
  ~ScriptedSlurm() override { ::setenv("PATH", before_.c_str(), 1); }

  void says(const std::string& program, const std::string& text, int status = 0) {
    write_file_atomically(folder_.path() / (program + ".says"), text);
    write_file_atomically(folder_.path() / program,
                          "#!/bin/sh\necho \"$0 $*\" >> " + (folder_.path() / "calls").string() +
                              "\ncat " + (folder_.path() / (program + ".says")).string() +
                              "\nexit " + std::to_string(status) + "\n");
    std::filesystem::permissions(folder_.path() / program, std::filesystem::perms(0755));
  }
  std::size_t calls_of(const std::string& program) const {
    std::size_t count = 0;
    std::ifstream calls(folder_.path() / "calls");
    for (std::string line; std::getline(calls, line);) {
      count += line.starts_with((folder_.path() / program).string() + " ");
    }
    return count;
  }
  std::string calls() const { return read_text_file(folder_.path() / "calls"); }

  TemporaryFolder folder_{"slurm"};
  JobFolder jobs_{folder_.path() / "jobs/made-up-0"};
  int sessions_ = 0;
  std::string before_;
};

TEST_F(ScriptedSlurm, AccountingSaysHowAForgottenJobEndedAndIsAskedOnce) {
  says("squeue", "12|1|RUNNING|node1|None\n");
  says("sacct", "12_1|RUNNING|0:0|node1\n12_2|NODE_FAIL|0:0|node2\n12_3|RUNNING|0:0|node2\n");
  SlurmExecutor executor(jobs_, {});
  for (int i = 0; i < 2; ++i) {
    const auto states = executor.look();
    ASSERT_EQ(states.size(), 2U) << "what only accounting takes for running is not";
    EXPECT_EQ(states[1].session, 2);
    EXPECT_EQ(states[1].reason, "its node failed (NODE_FAIL)");
  }
  EXPECT_EQ(calls_of("sacct"), 1U);
  says("squeue", "14|1|RUNNING|node1|None\n14|2|PENDING||Priority\n");
  EXPECT_EQ(executor.look().size(), 2U);
  says("squeue", "14|1|RUNNING|node1|None\n");
  EXPECT_EQ(executor.look().size(), 2U);
  EXPECT_EQ(calls_of("sacct"), 2U) << "it was forgotten again";
}

TEST_F(ScriptedSlurm, AClusterWithoutAccountingIsAskedNoMore) {
  says("sacct", "", 1);
  SlurmExecutor executor(jobs_, {});
  EXPECT_TRUE(executor.look().empty());
  EXPECT_TRUE(executor.look().empty());
  EXPECT_EQ(calls_of("sacct"), 1U);
}

TEST_F(ScriptedSlurm, SessionsOfANodeAreAnArrayForIt) {
  SlurmExecutor executor(jobs_, {.nodes = 2, .program = "/joulebench"});
  executor.submit({1, 2, 3});
  EXPECT_EQ(calls_of("sbatch"), 2U);
  EXPECT_THAT(calls(), testing::HasSubstr("--array=1-2%2"));
  EXPECT_THAT(calls(), testing::ContainsRegex("--array=3%2 .* --nodelist=node2"));
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
