#include "scoring/figures.h"

#include <gtest/gtest.h>

#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::make_training_record;
using joulebench::support::SyntheticRun;

// Ten samples, two passes, one of ten wrong: 20 predictions a block in 10 s.
Score score_for_figures(const RunRecord& record, const SyntheticRun& run) {
  return score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                   {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
}

TEST(Figures, OfAPredictionFollowFromEnergyTimeAndAnswers) {
  const SyntheticRun run{.joules_per_block = {10, 10}};
  const Score score = score_for_figures(make_record(run), run);  // 0.5 J and 0.5 s per sample
  EXPECT_EQ(right_answers_of(score).right, 36u);
  EXPECT_EQ(right_answers_of(score).compared, 40u);
  EXPECT_NEAR(joules_per_passes(score, 200), 0.5 * 10 * 200, 1e-9);
  EXPECT_NEAR(*energy_delay_product(score), 0.25, 1e-12);
  EXPECT_NEAR(*samples_per_joule(score), 2, 1e-12);
  EXPECT_NEAR(*right_answers_per_joule(score), 1.8, 1e-12);
  EXPECT_NEAR(mean_power(score.block_scores[0])->value, 1, 1e-12);
  EXPECT_FALSE(seconds_per_training(score));
}

TEST(Figures, OfBlocksAreMedianAndDeviationOfTheirShares) {
  const SyntheticRun run{.joules_per_block = {20, 40, 120}, .error_joules = 2};
  const Score score = score_for_figures(make_record(run), run);  // 1, 2 and 6 J per sample
  ASSERT_EQ(block_figures(score).size(), 3u);
  EXPECT_NEAR(block_figures(score)[0].relative_error, 0.1, 1e-12);
  EXPECT_NEAR(block_spread(score)->median, 2, 1e-12);
  EXPECT_NEAR(block_spread(score)->mad, 1, 1e-12);
}

TEST(Figures, OfATrainingCountTrainings) {
  const SyntheticRun run{.joules_per_block = {10, 10}, .passes = 1};
  const Score score = score_for_figures(make_training_record(run), run);
  EXPECT_EQ(*seconds_per_training(score), Seconds(10));
  EXPECT_FALSE(energy_delay_product(score));
  EXPECT_FALSE(samples_per_joule(score));
  EXPECT_FALSE(right_answers_per_joule(score));
}

TEST(Figures, CarbonIsOfAMillionSamplesOrOfOneTraining) {
  const CarbonRule rule{.grid = {.grams_per_kwh = 360}, .pue = 2};  // 0.0002 g a joule
  const SyntheticRun run{.joules_per_block = {10, 10}};
  const Score score = score_for_figures(make_record(run), run);
  EXPECT_NEAR(carbon_of(score, rule)->value, 0.5e6 * 0.0002, 1e-9);
  ASSERT_TRUE(carbon_of(score, rule)->interval);
  const Score trained =
      score_for_figures(make_training_record(run), {.joules_per_block = {}, .passes = 1});
  EXPECT_NEAR(carbon_of(trained, rule)->value, 10 * 0.0002, 1e-12);
  EXPECT_FALSE(carbon_of({}, rule));
}

TEST(Figures, DomainsAreSummedOverValidBlocks) {
  RunRecord record = make_record({.joules_per_block = {10, 20, 30}, .error_joules = 1});
  record.blocks[1].outcome = Outcome::timeout;
  record.blocks[2].energy[0].domain.energy_class = EnergyClass::suspect;
  std::vector<DomainEnergy> sums = energy_by_domain(record);
  ASSERT_EQ(sums.size(), 1u);
  EXPECT_EQ(sums[0].joules->value, 40);
  EXPECT_EQ(sums[0].error.value, 2);
  EXPECT_EQ(sums[0].domain.energy_class, EnergyClass::suspect);
  record.blocks[0].energy[0].joules.reset();
  EXPECT_FALSE(energy_by_domain(record)[0].joules) << "not the sum of some";
}

TEST(Figures, IdlePowerIsOfTheDomainsInTheTotal) {
  RunRecord record = make_record({.joules_per_block = {10}});
  BlockRecord& block = record.blocks[0];
  DomainEnergy core = block.energy[0];
  core.domain.name = "core-0";
  core.domain.in_total = false;
  block.energy.push_back(core);
  block.idle.push_back({.domain = "core-0", .before = Watts{5}, .after = Watts{5}});
  EXPECT_EQ(idle_of_total(block).before->value, 0.2);
  block.idle.clear();
  EXPECT_FALSE(idle_of_total(block).after);
}

}  // namespace
}  // namespace joulebench
