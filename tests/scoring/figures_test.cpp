#include "scoring/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::testing::make_predictions;
using joulebench::testing::make_record;
using joulebench::testing::SyntheticRun;

Score score_of(const RunRecord& record, const SyntheticRun& run) {
  return score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                   {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
}

TEST(Figures, FollowFromAScoreThatWasMeasured) {
  // 3 blocks of 2 passes over 10 samples in 10 s, one sample wrong: 20 predictions a block.
  const SyntheticRun run{.joules_per_block = {10, 40, 20}};
  const Score score = score_of(make_record(run), run);
  EXPECT_EQ(compared_predictions(score).correct, 54u);
  EXPECT_EQ(compared_predictions(score).compared, 60u);
  // 0.5, 2 and 1 J a sample: geometric mean 1; 2 samples a second.
  EXPECT_NEAR(*energy_delay_product(score), 0.5, 1e-12);
  EXPECT_NEAR(*correct_per_joule(score), 0.9, 1e-12);
  EXPECT_NEAR(spread_of_blocks(score)->median, 1, 1e-12);
  EXPECT_NEAR(spread_of_blocks(score)->mad, 0.5, 1e-12);
  EXPECT_LT(bootstrap_of_blocks(score)->low, 1);
  EXPECT_GT(bootstrap_of_blocks(score)->high, 1);
  EXPECT_FALSE(training_time(score));
  // 1 MJ is 1/3.6 kWh: at 360 g/kWh and twice that for the building 200 g.
  const CarbonRule rule{.grid = {.grams_per_kwh = 360}, .pue = 2};
  EXPECT_NEAR(grams_co2e(score, rule)->value, 200, 1e-9);
}

TEST(Figures, AreAbsentWhereTheScoreLacksWhatTheyComeFrom) {
  const Score none;
  EXPECT_FALSE(energy_delay_product(none));
  EXPECT_FALSE(correct_per_joule(none));
  EXPECT_FALSE(spread_of_blocks(none));
  EXPECT_FALSE(bootstrap_of_blocks(none));
  EXPECT_FALSE(training_time(none));
  EXPECT_FALSE(grams_co2e(none, {}));
  const SyntheticRun one{.joules_per_block = {10}};
  EXPECT_FALSE(bootstrap_of_blocks(score_of(make_record(one), one)));
}

TEST(Figures, OfDomainsAreSumsOverValidBlocks) {
  RunRecord record = make_record({.joules_per_block = {10, 20, 40}});
  record.blocks[2].outcome = Outcome::infrastructure;
  record.blocks[1].energy[0].domain.energy_class = EnergyClass::derived;
  std::vector<DomainEnergy> sums = energy_by_domain(record);
  ASSERT_EQ(sums.size(), 1u);
  EXPECT_EQ(sums[0].joules->value, 30);
  EXPECT_EQ(sums[0].domain.energy_class, EnergyClass::derived);
  record.blocks[1].energy[0].joules.reset();
  EXPECT_FALSE(energy_by_domain(record)[0].joules) << "one block could not be read";
}

TEST(Figures, OfIdlePowerCountTheDomainsInTheTotal) {
  RunRecord record = make_record({});
  BlockRecord& block = record.blocks[0];
  EXPECT_EQ(idle_of_total(block).before->value, 0.2);
  block.energy.push_back({.domain = {.name = "core-0", .in_total = false}});
  block.idle.push_back({.domain = "core-0", .before = Watts{5}, .after = Watts{5}});
  EXPECT_EQ(idle_of_total(block).after->value, 0.2);
  block.idle.clear();
  EXPECT_FALSE(idle_of_total(block).before);
}

}  // namespace
}  // namespace joulebench
