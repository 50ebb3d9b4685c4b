#include "campaign/drift.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace joulebench {
namespace {

// Blocks of two entries in the order in which they ran: run 0 is the baseline.
class Story {
 public:
  Story& block(std::size_t run, double joules, Outcome outcome = Outcome::valid) {
    BlockRecord block;
    block.number = static_cast<int>(records_[run].blocks.size()) + 1;
    block.outcome = outcome;
    block.started_at_utc = fmt::format("2026-12-01T08:{:02}:00.000Z", minute_++);
    block.samples = 100;
    block.energy = {{.domain = {.name = "cpu-package-0", .in_total = true},
                     .joules = Joules{joules},
                     .error = {},
                     .flags = {}}};
    block.idle = {{.domain = "cpu-package-0", .before = Watts{joules / 10}, .after = {}}};
    records_[run].blocks.push_back(block);
    return *this;
  }
  std::vector<const RunRecord*> records() const { return {&records_[0], &records_[1]}; }
  DriftFinding drift() const { return find_drift(records(), 0); }

 private:
  RunRecord records_[2];
  int minute_ = 0;
};

TEST(Drift, BlocksBetweenBaselinesThatDifferAreFound) {
  const DriftFinding found = Story()
                                 .block(0, 100)
                                 .block(1, 7)
                                 .block(0, 102)
                                 .block(1, 7)
                                 .block(1, 7)
                                 .block(0, 106)  // 3.9 % above the one before
                                 .block(1, 7)
                                 .block(0, 105)
                                 .drift();
  EXPECT_FALSE(found.is_noise);
  ASSERT_EQ(found.blocks.size(), 2U);
  EXPECT_EQ(found.blocks[0].run, 1U);
  EXPECT_EQ(found.blocks[0].block, 2);
  EXPECT_EQ(found.blocks[1].block, 3);
  EXPECT_NEAR(found.blocks[0].shift, 106.0 / 102 - 1, 1e-12);
}

TEST(Drift, LessThanThreePercentIsNone) {
  EXPECT_TRUE(Story().block(0, 100).block(1, 7).block(0, 102.9).drift().blocks.empty());
  EXPECT_EQ(Story().block(0, 100).block(1, 7).block(0, 103.1).drift().blocks.size(), 1U);
  EXPECT_EQ(Story().block(0, 100).block(1, 7).block(0, 96.9).drift().blocks.size(), 1U);
}

TEST(Drift, VoidBlocksNeitherDriftNorTellOfIt) {
  const DriftFinding found = Story()
                                 .block(0, 100)
                                 .block(1, 7, Outcome::voided)
                                 .block(0, 150, Outcome::voided)
                                 .block(1, 7)
                                 .block(0, 101)
                                 .drift();
  EXPECT_TRUE(found.blocks.empty());
}

TEST(Drift, WhereMostNeighboursDifferItIsNoise) {
  const DriftFinding found = Story()
                                 .block(0, 100)
                                 .block(1, 7)
                                 .block(0, 110)
                                 .block(1, 7)
                                 .block(0, 100)
                                 .block(1, 7)
                                 .block(0, 101)
                                 .drift();
  EXPECT_TRUE(found.is_noise);
  EXPECT_TRUE(found.blocks.empty());
  EXPECT_NEAR(found.largest, 0.1, 1e-12);
}

TEST(Drift, BlocksOutsideTheBaselinesAreNotJudged) {
  EXPECT_TRUE(Story().block(1, 7).block(0, 100).block(1, 7).drift().blocks.empty());
}

TEST(Drift, TheReferenceIsIdlePowerBeforeTheFirstBlock) {
  const Story story = Story().block(1, 50).block(0, 100);
  EXPECT_EQ(reference_idle(story.records()), Watts{5});
  EXPECT_EQ(last_to_run(story.records()), 0U);
  EXPECT_FALSE(reference_idle(Story().records()));
}

}  // namespace
}  // namespace joulebench
