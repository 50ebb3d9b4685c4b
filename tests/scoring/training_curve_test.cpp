#include "scoring/training_curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "scoring/explanation.h"
#include "scoring/score_json.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_checkpoints;
using joulebench::support::make_predictions;
using joulebench::support::make_training_record;
using joulebench::support::SyntheticRun;
using ::testing::HasSubstr;

constexpr double kTiny = 1e-12;

SyntheticRun training_run(std::vector<double> joules) {
  return {.joules_per_block = std::move(joules), .passes = 1};
}

// Floors 0.25, 0.75 and 1: reached with the first, second and third checkpoint.
RunRecord record_of(const SyntheticRun& run, std::vector<double> floors = {1, 0.25, 0.75}) {
  RunRecord record = make_training_record(run);
  record.track.ranking.floors = std::move(floors);
  return record;
}

Score training_score(const RunRecord& record, const SyntheticRun& run,
                     const std::vector<std::int32_t>& validation = {0, 1, 2, 3}) {
  return score_run(
      record, [&](const BlockRecord&) { return make_predictions(run); },
      {.values = run.labels, .dataset_sha256 = sha256_of_text("digits"), .validation = validation},
      nullptr, [](const BlockRecord&) { return make_checkpoints(); });
}

TEST(TrainingScore, IsPerTrainingNotPerSample) {
  const SyntheticRun run = training_run({10, 40});
  const Score score = training_score(record_of(run), run);
  EXPECT_EQ(score.task, Task::train);
  ASSERT_TRUE(score.joules_per_training);
  EXPECT_NEAR(score.joules_per_training->value, 20, 1e-9) << "sqrt(10 x 40)";
  EXPECT_FALSE(score.joules_per_sample);
  EXPECT_FALSE(score.samples_per_second);
  EXPECT_EQ(&energy_figure(score), &score.joules_per_training);
  // Idle is 0.2 W: of 10 s at 10 and 40 J, 8 and 38 J are left.
  EXPECT_NEAR(score.net_joules_per_training->value, std::sqrt(8 * 38), 1e-9);
  EXPECT_NEAR(score.mean_watts->value, 2.5, kTiny);
  EXPECT_NEAR(score.accuracy->value, 0.9, kTiny);
}

TEST(TrainingScore, TheCurveIsAccuracyOverEnergyUsedUntilThen) {
  const SyntheticRun run = training_run({10, 40});
  const Score score = training_score(record_of(run), run);
  ASSERT_EQ(score.block_scores.size(), 2U);
  const auto& curve = score.block_scores[1].curve;
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_NEAR(curve[0].joules->value, 10, kTiny);
  EXPECT_NEAR(curve[1].joules->value, 20, kTiny);
  EXPECT_NEAR(curve[1].at.count(), 5, kTiny);
  EXPECT_EQ(curve[0].accuracy, 0.25);
  EXPECT_EQ(curve[1].accuracy, 0.75);
  EXPECT_EQ(curve[2].accuracy, 1);
}

TEST(TrainingScore, EnergyToReachIsWhereTheCurveCrossesTheFloor) {
  const SyntheticRun run = training_run({10, 40});
  const Score score = training_score(record_of(run), run);
  ASSERT_EQ(score.energy_to_reach.size(), 3U);
  EXPECT_EQ(score.energy_to_reach[0].floor, 0.25) << "in rising order";
  EXPECT_NEAR(score.energy_to_reach[0].joules->value, std::sqrt(2.5 * 10), 1e-9);
  EXPECT_NEAR(score.energy_to_reach[1].joules->value, std::sqrt(5.0 * 20), 1e-9);
  EXPECT_NEAR(score.energy_to_reach[2].joules->value, 20, 1e-9);
  ASSERT_TRUE(score.energy_to_reach[2].joules->interval);
  EXPECT_EQ(score.energy_to_reach[2].joules->interval->low,
            score.joules_per_training->interval->low)
      << "the same energies, the same interval";
}

TEST(TrainingScore, ACheckpointThatIsAccurateByChanceDoesNotReachAFloor) {
  const auto point = [](double joules, double accuracy) {
    return CurvePoint{.joules = Joules{joules}, .accuracy = accuracy};
  };
  // 0.9 and 0.7 become 0.8 at 2.5 J.
  const std::vector<CurvePoint> curve = {point(1, 0.5), point(2, 0.9), point(3, 0.7),
                                         point(4, 0.95)};
  EXPECT_NEAR(crossing_of(curve, 0.8).energy->joules.value, 2.5, kTiny);
  EXPECT_NEAR(crossing_of(curve, 0.9).energy->joules.value, 3.5, 1e-9) << "two thirds of the way";
  EXPECT_NEAR(crossing_of(curve, 0.4).energy->joules.value, 1, kTiny);
  EXPECT_FALSE(crossing_of(curve, 0.96).is_reached);
}

TEST(TrainingScore, AFloorThatNotEveryBlockReachedHasNoFigure) {
  const SyntheticRun run = training_run({10, 10, 10});
  RunRecord record = record_of(run, {0.75, 1});
  record.blocks[1].training->checkpoints.resize(2);  // never as far as 1
  const Score score = training_score(record, run);
  EXPECT_EQ(score.energy_to_reach[0].blocks, 3);
  EXPECT_TRUE(score.energy_to_reach[0].joules);
  EXPECT_EQ(score.energy_to_reach[1].blocks, 2);
  EXPECT_FALSE(score.energy_to_reach[1].joules);
  EXPECT_THAT(explain_score(record, score),
              HasSubstr("100 %: reached by 2 of 3 blocks; no figure"));
}

TEST(TrainingScore, ACheckpointWithoutEnergyIsAbsentNotZero) {
  const SyntheticRun run = training_run({10, 10});
  RunRecord record = record_of(run, {0.25});
  record.blocks[0].training->checkpoints[0].energy[0].joules.reset();
  const Score score = training_score(record, run);
  EXPECT_FALSE(score.block_scores[0].curve[0].joules);
  EXPECT_EQ(score.energy_to_reach[0].blocks, 2);
  EXPECT_FALSE(score.energy_to_reach[0].joules);
}

TEST(TrainingScore, WithoutCheckpointsThereIsNoCurve) {
  const SyntheticRun run = training_run({10, 10});
  RunRecord record = record_of(run);
  for (BlockRecord& block : record.blocks) block.training->checkpoints.clear();
  const Score score = training_score(record, run);
  EXPECT_TRUE(score.block_scores[0].curve.empty());
  EXPECT_TRUE(score.energy_to_reach.empty());
  EXPECT_TRUE(score.joules_per_training);
}

TEST(TrainingScore, ValidationLabelsOfAnotherNumberAreAnError) {
  const SyntheticRun run = training_run({10});
  try {
    training_score(record_of(run), run, {0, 1, 2});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("block 1 predicted 4 validation samples, the dataset has 3"));
  }
}

TEST(TrainingScore, ComesBackFromJson) {
  const SyntheticRun run = training_run({10, 40});
  RunRecord record = record_of(run);
  record.blocks[0].training->checkpoints[0].energy[0].joules.reset();
  const Score score = training_score(record, run);
  const nlohmann::json json = to_json(score);
  EXPECT_EQ(json["task"], "train");
  EXPECT_TRUE(json["joules_per_sample"].is_null());
  EXPECT_TRUE(json["block_scores"][0]["curve"][0]["joules"].is_null());
  EXPECT_EQ(to_json(score_from_json(json, "score")), json);
}

TEST(TrainingScore, IsExplainedFromCounterToFloor) {
  const SyntheticRun run = training_run({10, 40});
  const RunRecord record = record_of(run);
  const std::string text = explain_score(record, training_score(record, run));
  EXPECT_THAT(text, HasSubstr("  block 2: 40 J for its training, ln = 3.688879\n"));
  EXPECT_THAT(text, HasSubstr("e^ that = 2.000000e+01 J per training\n"));
  EXPECT_THAT(text, HasSubstr("  block 2: 5.000 s, 20 J +- 0 J, accuracy 0.750000\n"));
  EXPECT_THAT(text, HasSubstr("  75 %: reached by 2 of 2 blocks; geometric mean 10 J"));
}

}  // namespace
}  // namespace joulebench
