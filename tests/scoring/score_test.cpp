#include "scoring/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "scoring/score_json.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Score score_of(const RunRecord& record, const SyntheticRun& run) {
  return score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                   {.values = run.labels, .dataset_sha256 = sha256_of_text("digits")});
}

TEST(ScoreRun, CountsEveryPredictionButOnlyDistinctSamplesAsTrials) {
  const SyntheticRun run;  // 3 blocks x 2 passes x 10 samples, 1 of 10 wrong
  const Score score = score_of(make_record(run), run);
  EXPECT_DOUBLE_EQ(score.accuracy->value, 0.9);
  EXPECT_EQ(score.samples, 10u);
  EXPECT_EQ(score.accuracy->interval->low, wilson_interval(0.9, 10, 0.95).low);
  EXPECT_EQ(score.block_scores.at(0).samples, 20u);
  EXPECT_EQ(score.block_scores.at(0).correct, 18u);
}

TEST(ScoreRun, LatenciesAreGeometricMeansOverBlocksAndSurviveTheirJson) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  const double factors[] = {1, 2, 4};
  for (std::size_t i = 0; i < 3; ++i) {
    record.blocks[i].latency = {
        .p50 = Seconds(1e-5 * factors[i]), .p90 = Seconds(3e-5), .p99 = Seconds(8e-5 / factors[i])};
  }
  const Score score = score_of(record, run);
  ASSERT_TRUE(score.latency);
  EXPECT_NEAR(score.latency->p50.value, 2e-5, 1e-15) << "cube root of 1 x 2 x 4";
  EXPECT_NEAR(score.latency->p90.value, 3e-5, 1e-15);
  EXPECT_NEAR(score.latency->p99.value, 4e-5, 1e-15);
  EXPECT_TRUE(score.latency->p50.interval);
  const Score again = score_from_json(to_json(score), "again");
  ASSERT_TRUE(again.latency);
  EXPECT_EQ(again.latency->p99.value, score.latency->p99.value);
  EXPECT_EQ(again.latency->p50.interval->low, score.latency->p50.interval->low);
}

TEST(ScoreRun, TheHarnessesShareIsOfTheValidBlocksWindows) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  for (BlockRecord& block : record.blocks) {
    block.windows = {{.wall = Seconds(6), .harness_cpu = Seconds(0.004)},
                     {.wall = Seconds(4), .harness_cpu = Seconds(0.006)}};
  }
  const Score score = score_of(record, run);
  ASSERT_TRUE(score.harness_share);
  EXPECT_NEAR(*score.harness_share, 0.001, 1e-12);
  EXPECT_EQ(score_from_json(to_json(score), "again").harness_share, score.harness_share);
}

TEST(ScoreRun, ALatencyThatABlockLacksOrThatIsNoneIsAbsent) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  EXPECT_FALSE(score_of(record, run).latency) << "offline";
  for (BlockRecord& block : record.blocks) {
    block.latency = {.p50 = Seconds(1e-5), .p90 = Seconds(1e-5), .p99 = Seconds(1e-5)};
  }
  record.blocks[1].latency->p90 = Seconds(0);  // damaged
  EXPECT_FALSE(score_of(record, run).latency);
}

// Predictions of two passes: the first right about all, the second wrong about the first `wrong`.
Score score_of_switching(std::size_t samples, std::size_t wrong, bool also_in_first) {
  SyntheticRun run;
  run.labels.assign(samples, 3);
  return score_run(make_record(run),
                   [&](const BlockRecord&) {
                     Tensor tensor = make_predictions(run);
                     tensor.dtype = DType::u8;
                     tensor.shape = {2, samples};
                     tensor.bytes.assign(2 * samples, std::byte{3});
                     for (std::size_t i = 0; i < wrong; ++i) {
                       tensor.bytes[samples + i] = std::byte{4};
                       // Other samples than in the later pass: the same accuracy.
                       if (also_in_first) tensor.bytes[samples - 1 - i] = std::byte{4};
                     }
                     return tensor;
                   },
                   {.values = run.labels, .dataset_sha256 = sha256_of_text("digits")});
}

TEST(ScoreRun, AccuracyThatFallsAfterTheFirstPassIsModeSwitching) {
  const Score score = score_of_switching(400, 40, false);
  ASSERT_EQ(score.flags.size(), 1u);
  EXPECT_EQ(score.flags[0].name, "mode-switching");
  EXPECT_EQ(score.flags[0].detail,
            "the first pass is right about 100.00 % of the samples, the later ones about 90.00 %");
}

TEST(ScoreRun, AFewAnswersThatMoveAreChance) {
  // 5 of 400: mean 0.0125, deviation 0.1113, t = 2.2.
  EXPECT_TRUE(score_of_switching(400, 5, false).flags.empty());
  EXPECT_TRUE(score_of_switching(400, 40, true).flags.empty()) << "as many the other way";
  EXPECT_TRUE(score_of_switching(400, 0, false).flags.empty());
}

TEST(ScoreRun, TakesTheGeometricMeanOverBlocks) {
  const SyntheticRun run{.joules_per_block = {8, 10, 12.5}};  // 20 predictions each
  const Score score = score_of(make_record(run), run);
  EXPECT_NEAR(score.joules_per_sample->value, 0.5, 1e-12);
  EXPECT_NEAR(score.mean_watts->value, 30.5 / 30, 1e-12);
  EXPECT_NEAR(*score.samples_per_second, 2, 1e-12);
  EXPECT_EQ(score.energy_class, EnergyClass::measured);
  EXPECT_EQ(score.total_formula, "cpu-package-0");
  EXPECT_TRUE(score.unranked.empty());
}

TEST(ScoreRun, TakesIdlePowerOutOfNetEnergy) {
  const SyntheticRun run;  // 10 J in 10 s, idle 0.2 W: 8 J net, over 20 predictions
  EXPECT_NEAR(score_of(make_record(run), run).net_joules_per_sample->value, 0.4, 1e-12);
}

TEST(ScoreRun, LeavesOutBlocksThatAreVoid) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  record.blocks[1].outcome = Outcome::voided;
  record.blocks[1].energy[0].joules = Joules{1000};
  const Score score = score_of(record, run);
  EXPECT_EQ(score.blocks, 2);
  EXPECT_NEAR(score.joules_per_sample->value, 0.5, 1e-12);
}

TEST(ScoreRun, CountsOnlyTheDomainsOfTheTrack) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  for (BlockRecord& block : record.blocks) {
    DomainEnergy gpu = block.energy[0];
    gpu.domain = {.name = "gpu-0", .kind = DomainKind::gpu, .in_total = true};
    DomainEnergy core = block.energy[0];
    core.domain = {.name = "core-0", .kind = DomainKind::core, .in_total = false};
    block.energy.push_back(gpu);
    block.energy.push_back(core);
  }
  EXPECT_NEAR(score_of(record, run).joules_per_sample->value, 0.5, 1e-12);
  record.track.energy.domains.push_back(DomainKind::gpu);
  const Score both = score_of(record, run);
  EXPECT_NEAR(both.joules_per_sample->value, 1.0, 1e-12);
  EXPECT_EQ(both.total_formula, "cpu-package-0 + gpu-0");
}

TEST(ScoreRun, SaysWhichDomainIsMissing) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  record.track.energy.domains = {DomainKind::cpu_package, DomainKind::dram};
  EXPECT_TRUE(score_of(record, run).joules_per_sample) << "memory counts where it has a counter";
  record.track.energy.where_present = {};
  const Score score = score_of(record, run);
  EXPECT_FALSE(score.joules_per_sample);
  EXPECT_THAT(score.unranked,
              ElementsAre("the track counts dram, and this node measured no such domain"));
}

TEST(ScoreRun, ASwappedGpuIsAnotherMachine) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  record.node_before.gpus = {"NVIDIA L4, driver 550.54.15"};
  record.node_before.gpu_ids = {"GPU-1"};
  record.node_after = record.node_before;
  EXPECT_TRUE(score_of(record, run).unranked.empty());
  record.node_after->gpu_ids = {"GPU-2"};
  EXPECT_THAT(score_of(record, run).unranked,
              ElementsAre(HasSubstr("the machine changed during the run")));
}

TEST(ScoreRun, RefusesDamagedEnergies) {
  const SyntheticRun run;
  for (const double bad : {std::nan(""), -1.0, HUGE_VAL}) {
    RunRecord record = make_record(run);
    record.blocks[1].energy[0].joules = Joules{bad};
    const Score score = score_of(record, run);
    EXPECT_FALSE(score.joules_per_sample) << bad;
    EXPECT_THAT(score.unranked,
                ElementsAre("block 2: the energy of cpu-package-0 is not a number of joules; the "
                            "record is damaged"));
  }
  RunRecord record = make_record(run);
  record.blocks[1].energy[0].joules = Joules{0};
  EXPECT_THAT(score_of(record, run).unranked,
              ElementsAre("block 2 used 0 J: the counter did not move"));
}

TEST(ScoreRun, NeverRanksSuspectEnergy) {
  const SyntheticRun run{.energy_class = EnergyClass::suspect};
  EXPECT_THAT(score_of(make_record(run), run).unranked,
              ElementsAre("its energy is suspect: see the flags of its blocks"));
}

TEST(ScoreRun, GivesAFailedRunNoFigures) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  record.outcome = Outcome::memory;
  record.message = "used 65 MB of 64 MB";
  const Score score = score_of(record, run);
  EXPECT_EQ(score.outcome, Outcome::memory);
  EXPECT_FALSE(score.accuracy);
  EXPECT_FALSE(score.joules_per_sample);
}

TEST(ScoreRun, RefusesLabelsOfAnotherVersionOfTheDataset) {
  const SyntheticRun run;
  const RunRecord record = make_record(run);
  try {
    score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
              {.values = run.labels, .dataset_sha256 = "0123456789abcdef"});
    FAIL() << "scored";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where, HasSubstr("the labels are of version 0123456789ab"));
  }
}

TEST(ScoreRun, RefusesPredictionsOfAnotherShape) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  record.blocks[2].passes = 3;
  EXPECT_THROW(score_of(record, run), Error);
}

TEST(ScoreRun, ReadsPredictionsFromTheRecordsFolder) {
  const TemporaryFolder folder("score-test");
  const SyntheticRun run;
  RunRecord record = make_record(run);
  joulebench::support::write_record(folder.path(), record, run);
  const TestLabels labels{.values = run.labels, .dataset_sha256 = sha256_of_text("digits")};
  EXPECT_DOUBLE_EQ(score_run(record, predictions_in(folder.path()), labels).accuracy->value, 0.9);
  record.blocks[0].predictions_sha256 = std::string(64, '0');
  EXPECT_THROW(score_run(record, predictions_in(folder.path()), labels), Error);
}

TEST(ScoreJson, ComesBackAsItWas) {
  const SyntheticRun run{.joules_per_block = {9, 10, 11}, .error_joules = 0.5};
  const Score score = score_of(make_record(run), run);
  const nlohmann::json json = to_json(score);
  EXPECT_EQ(to_json(score_from_json(json, "test")), json);
  EXPECT_EQ(json["joules_per_sample_interval"][0], score.joules_per_sample->interval->low);
  nlohmann::json newer = json;
  newer["format"] = "joulebench-score/9";
  EXPECT_THROW(score_from_json(newer, "test"), Error);
}

}  // namespace
}  // namespace joulebench
