#include "campaign/plan.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "scripted_campaign.h"

namespace joulebench {
namespace {

/// What one block and one preparation take on the scripted machine.
struct Pace {
  Seconds before{1};  // launch, load and warm-up
  Seconds measured{2.6};
  Seconds cool_down{0};
  Seconds looks{0.9};
  Seconds gates{0.6};
  Seconds pilot{4};
  Seconds build{4};
};

/// Four entries with build steps, five blocks each, in which one block of 20 is void. The clock
/// tells how long all of it took.
struct PacedCampaign : ScriptedCampaign {
  explicit PacedCampaign(Pace pace) : ScriptedCampaign({"baseline", "other", "third", "well"}) {
    Protocol& protocol = competition.tracks[0].protocol;
    protocol = {.blocks = 5, .min_block = Seconds(2), .idle = Seconds(2), .tail = Seconds(3)};
    for (Candidate& one : participants.candidates) one.submission.build = {{"make"}};
    executor.on_prepare = [this, pace](const EntryJob& job, Preparation&) {
      clock.advance((job.plan ? Seconds{0} : pace.pilot) + pace.build);
    };
    executor.on_block = [this, pace](const BlockJob& job, BlockRecord& block) {
      block.load = pace.before;
      block.cool_down = pace.cool_down;
      block.measured = pace.measured;
      block.tail = Seconds(3);
      if (job.entry.entry_id.front() == 'o' && job.number == 3) {
        block.outcome = Outcome::voided;
        block.message = "idle power moved";
      }
      constexpr Seconds kOfExecutor{10}, kIdle{4}, kTail{3};
      clock.advance(pace.before + pace.cool_down + pace.measured + pace.looks + pace.gates + kIdle +
                    kTail - kOfExecutor);
    };
  }
  /// From here to its end, with what no scripted clock sees: 2.5 s to begin, 0.1 s to score a
  /// block.
  Seconds time_to_end() {
    const SteadyTime start = clock.now();
    const std::size_t ran = executor.order().size();
    run();
    const auto blocks = static_cast<double>(executor.order().size() - ran);
    return Seconds(clock.now() - start) + Seconds(2.5) + blocks * Seconds(0.1);
  }
  CampaignPlan plan() { return open().plan(scorer()); }
};

/// Each of gates, looks, idle windows, tails, pilots, builds and repeats is over 4 % of the whole.
constexpr double kTolerance = 0.03;

TEST(Plan, CountsAllThatACampaignDoes) {
  PacedCampaign world({});
  const Seconds planned = world.plan().time;
  const Seconds took = world.time_to_end();
  EXPECT_NEAR(planned / took, 1, kTolerance) << planned.count() << " of " << took.count();
  EXPECT_EQ(world.plan().time.count(), 0) << "nothing is left";
}

TEST(Plan, OfOneSampleAtATimeHasShorterPilotsAndLooks) {
  PacedCampaign world({.looks = Seconds(0.3), .pilot = Seconds(0.3)});
  world.competition.tracks[0].scenario = Scenario::single_stream;
  const Seconds planned = world.plan().time;
  EXPECT_NEAR(planned / world.time_to_end(), 1, kTolerance);
}

TEST(Plan, GoesByTheBlocksThatRan) {
  PacedCampaign world({.before = Seconds(7), .measured = Seconds(5), .cool_down = Seconds(9)});
  const auto as_paced = world.executor.on_block;
  int blocks = 0;
  world.executor.on_block = [&](const BlockJob& job, BlockRecord& block) {
    if (++blocks == 5) throw Interrupted{};
    as_paced(job, block);
  };
  EXPECT_THROW(world.run(), Interrupted);
  world.executor.on_block = as_paced;
  const Seconds planned = world.plan().time;
  // The void block is still to come, more than one of the 20 that are left and done.
  EXPECT_NEAR(planned / world.time_to_end(), 1, 0.05);
}

TEST(Plan, OfTrainingsIsABoundUntilOneRan) {
  PacedCampaign world({.looks = Seconds(0), .pilot = Seconds(0)});
  Track& track = world.competition.tracks[0];
  track.task = Task::train;
  track.limits.train = Seconds(3600);
  EXPECT_TRUE(world.plan().time_is_bound);
  EXPECT_GT(world.plan().time, Seconds(20 * 3600));
  const auto as_paced = world.executor.on_block;
  int blocks = 0;
  world.executor.on_block = [&](const BlockJob& job, BlockRecord& block) {
    if (++blocks == 2) throw Interrupted{};
    as_paced(job, block);
    block.passes = 1;
  };
  EXPECT_THROW(world.run(), Interrupted);
  const CampaignPlan plan = world.plan();
  EXPECT_FALSE(plan.time_is_bound);
  // 19 blocks of 11.3 s, one of 20 of them repeated with the baseline, four builds.
  EXPECT_NEAR(plan.time.count(), 19 * 11.3 * 1.1 + 16, 10);
}

}  // namespace
}  // namespace joulebench
