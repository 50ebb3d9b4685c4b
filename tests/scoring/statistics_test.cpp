#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>

#include "scoring/comparison.h"
#include "scoring/energy_statistics.h"
#include "scoring/explanation.h"
#include "scoring/ranking.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;
using ::testing::HasSubstr;

TEST(Outlier, LiesFarOnTheLogarithmAndOverOnePercent) {
  const double values[] = {1.00, 1.01, 0.99, 1.00, 1.5};
  EXPECT_EQ(outlier(values), 4u);
  const double near[] = {1, 1, 1, 1, 1.005};
  EXPECT_FALSE(outlier(near));
  const double few[] = {1, 1, 9};
  EXPECT_FALSE(outlier(few));
}

TEST(Hypervolume, IsTheDominatedShare) {
  const TradeOff best{.error = 0, .joules = 1};
  const TradeOff worst{.error = 1, .joules = 100};
  const TradeOff middle[] = {{.error = 0.5, .joules = 10}};
  EXPECT_NEAR(hypervolume_share(middle, best, worst), 0.25, 1e-12);
  const TradeOff both[] = {{0.5, 10}, {0.6, 20}, {0.75, 1}};  // the second is dominated
  EXPECT_NEAR(hypervolume_share(both, best, worst), 0.25 + 0.5 * 0.25, 1e-12);
  EXPECT_EQ(hypervolume_share({}, best, worst), 0);
}

// ---- simulations with known truth; all seeds fixed, so they pass or fail always ----

std::vector<EnergyFigure> draw_blocks(std::mt19937_64& random, double truth, double noise,
                                      std::size_t blocks) {
  std::normal_distribution<double> normal(0, noise);
  std::vector<EnergyFigure> figures;
  for (std::size_t i = 0; i < blocks; ++i)
    figures.push_back({.value = truth * std::exp(normal(random))});
  return figures;
}

Score simulated(const std::string& name, const std::vector<EnergyFigure>& figures) {
  Score score{.entry_id = name,
              .entry_name = name,
              .outcome = Outcome::valid,
              .accuracy = Estimate{0.97, Interval{0.96, 0.98}},
              .joules_per_sample = geometric_mean(figures, 0.95),
              .energy_class = EnergyClass::measured,
              .blocks = static_cast<int>(figures.size()),
              .samples = 1000,
              .node = "n"};
  for (const EnergyFigure& figure : figures) {
    score.block_scores.push_back({.samples = 1, .correct = 1, .joules = Joules{figure.value}});
  }
  return score;
}

TEST(Simulation, IntervalsCoverTheTruthAsOftenAsTheySay) {
  std::mt19937_64 random(11);
  for (const double noise : {0.005, 0.02, 0.05}) {
    for (const std::size_t blocks : {5, 10}) {
      int covered = 0;
      constexpr int kRounds = 4000;
      for (int round = 0; round < kRounds; ++round) {
        const Interval interval =
            *geometric_mean(draw_blocks(random, 3, noise, blocks), 0.95).interval;
        if (interval.low <= 3 && 3 <= interval.high) ++covered;
      }
      const double share = static_cast<double>(covered) / kRounds;
      EXPECT_GE(share, 0.93) << noise << " " << blocks;
      EXPECT_LE(share, 0.97) << noise << " " << blocks;
    }
  }
}

TEST(Simulation, EqualEntriesAreRarelyCalledDifferent) {
  std::mt19937_64 random(12);
  for (const double noise : {0.005, 0.05}) {
    int compared_apart = 0;
    int ranked_apart = 0;
    constexpr int kRounds = 2000;
    for (int round = 0; round < kRounds; ++round) {
      const std::vector<Score> scores = {simulated("a", draw_blocks(random, 3, noise, 5)),
                                         simulated("b", draw_blocks(random, 3, noise, 5))};
      if (compare_scores(scores[0], scores[1], 0.95)->energy_differs) ++compared_apart;
      const Ranking ranking = rank_scores(scores, {});
      if (ranking.sections[0].categories[0].entries[0].worst == 1) ++ranked_apart;
    }
    EXPECT_LE(compared_apart, kRounds * 0.05);
    EXPECT_LE(ranked_apart, kRounds * 0.05);
  }
}

TEST(Simulation, FivePercentAtOnePercentNoiseAndFiveBlocksIsFound) {
  std::mt19937_64 random(13);
  int compared_apart = 0;
  int ranked_apart = 0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<Score> scores = {simulated("a", draw_blocks(random, 3, 0.01, 5)),
                                       simulated("b", draw_blocks(random, 3.15, 0.01, 5))};
    if (compare_scores(scores[0], scores[1], 0.95)->energy_differs) ++compared_apart;
    if (rank_scores(scores, {}).sections[0].categories[0].entries[0].worst == 1) ++ranked_apart;
  }
  EXPECT_GE(compared_apart, kRounds * 0.95);
  EXPECT_GE(ranked_apart, kRounds * 0.95);
  RecordProperty("ranked_apart_per_mille", ranked_apart * 1000 / kRounds);
}

TEST(Simulation, OfFiftyEntriesTheTrueRankLiesInsideTheRange) {
  std::mt19937_64 random(14);
  int inside = 0;
  int all = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<Score> scores;
    for (int i = 0; i < 50; ++i) {
      scores.push_back(
          simulated("e" + std::to_string(i), draw_blocks(random, std::pow(1.02, i), 0.02, 5)));
    }
    const Ranking ranking = rank_scores(scores, {});
    for (const RankedEntry& entry : ranking.sections[0].categories[0].entries) {
      const int truth = static_cast<int>(entry.score) + 1;
      inside += entry.best <= truth && truth <= entry.worst ? 1 : 0;
      ++all;
    }
  }
  EXPECT_GE(inside, all * 0.95);
}

// ---- words ----

TEST(Compare, SaysHowMuchLessAndHowSure) {
  const Score a = simulated("a", {{0.77}, {0.78}, {0.76}, {0.77}, {0.77}});
  const Score b = simulated("b", {{1.00}, {1.01}, {0.99}, {1.00}, {1.00}});
  EXPECT_EQ(
      compare_in_words(a, b, 0.95),
      "a uses 23 % less energy than b (95 %: 22 to 24 %); accuracy does not differ significantly");
  EXPECT_EQ(
      compare_in_words(b, a, 0.95),
      "b uses 30 % more energy than a (95 %: 28 to 31 %); accuracy does not differ significantly");
  EXPECT_THAT(compare_in_words(a, a, 0.95), HasSubstr("does not differ significantly: 0.0 % more"));
}

TEST(Compare, NeverComparesModelledWithMeasuredOrTwoMachines) {
  const Score a = simulated("a", {{1}, {1}});
  Score b = a;
  b.entry_name = "b";
  b.energy_class = EnergyClass::modelled;
  EXPECT_EQ(compare_in_words(a, b, 0.95),
            "modelled energy says nothing about measured energy: a is measured, b is modelled");
  b = a;
  b.node = "m";
  EXPECT_THAT(compare_in_words(a, b, 0.95), HasSubstr("different machines"));
}

TEST(Explain, HasEveryNumberThatACalculatorNeeds) {
  const SyntheticRun run{.joules_per_block = {8, 10, 12.5}};
  const RunRecord record = make_record(run);
  const Score score = score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                                {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
  const std::string text = explain_score(record, score);
  EXPECT_THAT(text, HasSubstr("block 1: 18 of 20 predictions right, 2 passes"));
  EXPECT_THAT(text, HasSubstr("p = 54 / 60 = 0.900000"));
  EXPECT_THAT(text, HasSubstr("block 1: 8 J / 20 predictions = 4.000000e-01 J"));
  EXPECT_THAT(text, HasSubstr("= 5.000000e-01 J per sample"));
  EXPECT_THAT(text, HasSubstr("t = 4.302653 for 2 degrees"));
  const Score scores[] = {score};
  EXPECT_THAT(explain_rank(scores, record.track, 0),
              HasSubstr("not ranked: its accuracy is at least"));
}

/// Entries of these joules and accuracies, each with a baseline's worth of noise.
std::vector<Score> field_of(const std::vector<std::pair<double, double>>& points) {
  std::vector<Score> scores;
  for (const auto& [joules, accuracy] : points) {
    SyntheticRun run{.joules_per_block = {joules, joules * 1.02, joules * 0.98}};
    run.name = std::string(1, static_cast<char>('a' + scores.size()));
    run.labels.assign(1000, 0);
    run.wrong = static_cast<std::size_t>(std::lround(1000 * (1 - accuracy)));
    const RunRecord record = make_record(run);
    scores.push_back(score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                               {.values = run.labels, .dataset_sha256 = record.dataset_sha256}));
  }
  return scores;
}

TEST(Explain, GoesFromThePairToTheRankByEachRule) {
  const std::vector<Score> scores =
      field_of({{10, 0.97}, {10.1, 0.97}, {20, 0.96}, {30, 0.999}, {40, 0.998}});
  Track track;
  track.ranking.floors = {0.9};
  const std::string floors = explain_rank(scores, track, 2);
  EXPECT_THAT(floors, HasSubstr("rank 3 of 5, group b"));
  EXPECT_THAT(floors, HasSubstr("significantly better: 2; significantly worse: 2; all others may "
                                "share its rank"));
  // ln 2 apart; each has the variance (0.04 / 3) / 1000 = 1.333e-4 of its mean: 0.0163 together.
  EXPECT_THAT(floors, HasSubstr("of its ln the standard error is 0.01633 with 4 degrees): differs, "
                                "more energy"));
  track.ranking.rule = "acml2021";
  EXPECT_THAT(explain_rank(scores, track, 1),
              HasSubstr("by point estimates alone: only equal energies share a rank"));
  track.ranking.rule = "pareto";
  const std::string front = explain_rank(scores, track, 4);
  EXPECT_THAT(front, HasSubstr("front, with its range, 1 to 2 of 3"));
  EXPECT_THAT(front, HasSubstr("behind, by point estimates, of front 1:\n      d: "));
}

TEST(Explain, ShowsTheLeaderAndTheNearestOfMany) {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 40; ++i) points.emplace_back(10 * std::pow(1.2, i), 0.97);
  std::vector<Score> scores = field_of(points);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i].entry_name = "e" + std::to_string(i);
  Track track;
  track.ranking.floors = {0.9};
  const std::string text = explain_rank(scores, track, 30);
  EXPECT_THAT(text, HasSubstr("(20 of 39)"));
  EXPECT_THAT(text, HasSubstr("      e0: "));
  EXPECT_THAT(text, HasSubstr("      e21: "));
  EXPECT_THAT(text, HasSubstr("      e39: "));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("      e19: ")));
}

// ---- other metrics ----

TEST(ScoreRun, RanksByTheTracksMetric) {
  SyntheticRun run;
  run.labels.assign(200, 0);
  for (std::size_t i = 0; i < 20; ++i) run.labels[i] = 1;
  run.wrong = 10;  // half of the rare class
  RunRecord record = make_record(run);
  record.track.metric = metric_named("balanced-accuracy", "test");
  const Score score = score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                                {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
  EXPECT_DOUBLE_EQ(score.accuracy->value, 0.95);
  EXPECT_DOUBLE_EQ(score.metric_value->value, 0.75);
  EXPECT_LT(score.metric_value->interval->low, 0.75);
  const Score scores[] = {score};
  const Ranking ranking = rank_scores(scores, record.track);
  ASSERT_EQ(ranking.unranked.size(), 1u);
  EXPECT_THAT(ranking.unranked[0].reason, HasSubstr("its balanced accuracy is at least"));
}

TEST(PairedShares, AreMcNemarsMidP) {
  // 1 against 9 of 100: P(0) + P(1) / 2 = (1 + 5) / 1024, twice.
  const PairedShares paired = paired_shares(9, 1, 100, 0.95);
  EXPECT_NEAR(paired.difference, 0.08, 1e-12);
  EXPECT_NEAR(paired.p_value, 2.0 * 6 / 1024, 1e-12);
  EXPECT_GT(paired.interval.low, 0);
  // (9.5 - 1.5) / 102, half width 1.96 sqrt(11 / 102 - 0.0784^2) / sqrt(102).
  EXPECT_NEAR(paired.interval.high, 0.140317, 1e-6);
  EXPECT_EQ(paired_shares(3, 3, 100, 0.95).p_value, 1);
  const PairedShares same = paired_shares(0, 0, 100, 0.95);
  EXPECT_NEAR(same.interval.high, 1.959964 * std::sqrt(1.0 / 102) / std::sqrt(102), 1e-6);
  EXPECT_THROW(paired_shares(60, 60, 100, 0.95), std::logic_error);
}

Score with_answers(const std::string& name, const std::vector<bool>& right) {
  const double share = static_cast<double>(std::count(right.begin(), right.end(), true)) /
                       static_cast<double>(right.size());
  Score score{.entry_id = name, .entry_name = name, .samples = right.size()};
  score.accuracy = Estimate{share, wilson_interval(share, right.size(), 0.95)};
  score.answers = AnswersBySample{"d", right};
  return score;
}

TEST(MetricDifference, UsesThePairedAnswers) {
  // 90 and 82 of 100 right: their intervals overlap, but only one sample speaks for the second.
  std::vector<bool> first(100, true), second(100, true);
  for (std::size_t i = 0; i < 10; ++i) first[i] = false;
  for (std::size_t i = 1; i < 19; ++i) second[i] = false;
  const Score a = with_answers("a", first), b = with_answers("b", second);
  const auto paired = metric_difference(a, b, 0.95);
  EXPECT_TRUE(paired->differs);
  ASSERT_TRUE(paired->p_value);
  EXPECT_NEAR(*paired->p_value, paired_shares(9, 1, 100, 0.95).p_value, 1e-12);
  Score unpaired = b;
  unpaired.answers.reset();
  EXPECT_FALSE(metric_difference(a, unpaired, 0.95)->differs) << "Newcombe's intervals overlap";
  unpaired = b;
  unpaired.answers->dataset_sha256 = "another";
  EXPECT_FALSE(metric_difference(a, unpaired, 0.95)->p_value) << "not the same samples";
}

}  // namespace
}  // namespace joulebench
