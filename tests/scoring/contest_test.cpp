#include "scoring/contest.h"

#include <gtest/gtest.h>

#include <cmath>

namespace joulebench {
namespace {

/// Blocks with these logarithms of joules per sample, in rounds 1, 2, ...
Score entry(const std::string& name, const std::vector<double>& logs, bool has_rounds = true) {
  Score score{.entry_id = name, .entry_name = name, .outcome = Outcome::valid, .samples = 1000};
  std::vector<EnergyFigure> figures;
  int round = 0;
  for (const double log : logs) {
    ++round;
    figures.push_back({.value = std::exp(log)});
    score.block_scores.push_back(
        {.round = has_rounds ? round : 0, .samples = 1, .joules = Joules{std::exp(log)}});
  }
  score.joules_per_sample = geometric_mean(figures, 0.95);
  return score;
}

constexpr std::size_t kTwo[] = {0, 1};
constexpr std::size_t kThree[] = {0, 1, 2};

TEST(Contest, OfTwoEntriesIsThePairedTest) {
  // Differences 1, 2, 3: mean 2, variance 1, over 3 rounds 1/3, 2 degrees of freedom.
  const std::vector<Score> scores = {entry("a", {11, 2, 8}), entry("b", {10, 0, 5})};
  const Contrast contrast = Contest(scores, kTwo).contrast(0, 1);
  EXPECT_NEAR(contrast.difference, 2, 1e-12);
  EXPECT_NEAR(contrast.variance, 1.0 / 3, 1e-12);
  EXPECT_NEAR(contrast.degrees, 2, 1e-12);
}

TEST(Contest, WithoutRoundsIsWelchsTest) {
  // Variances of the means 1/3 and 4/3, 50/17 degrees of freedom.
  const std::vector<Score> scores = {entry("a", {1, 2, 3}, false), entry("b", {2, 4, 6}, false)};
  const Contrast contrast = Contest(scores, kTwo).contrast(0, 1);
  EXPECT_NEAR(contrast.variance, 5.0 / 3, 1e-12);
  EXPECT_NEAR(contrast.degrees, 50.0 / 17, 1e-9);
}

TEST(Contest, WhatARoundAddsToAllChangesNothing) {
  const std::vector<Score> calm = {entry("a", {1.0, 1.1, 0.9}), entry("b", {2.0, 2.0, 2.1}),
                                   entry("c", {3.1, 3.0, 3.0})};
  const std::vector<Score> drifted = {entry("a", {1.0, 6.1, -3.1}), entry("b", {2.0, 7.0, -1.9}),
                                      entry("c", {3.1, 8.0, -1.0})};
  const Contrast one = Contest(calm, kThree).contrast(0, 2);
  const Contrast other = Contest(drifted, kThree).contrast(0, 2);
  EXPECT_NEAR(one.variance, other.variance, 1e-9);
  EXPECT_NEAR(one.degrees, other.degrees, 1e-6);
}

TEST(Contest, ABlockThatIsMissingFromItsRoundDoesNotShiftTheOthers) {
  // The second round costs all entries 1 more; "a" has no block in it.
  std::vector<Score> scores = {entry("a", {1, 9, 1}), entry("b", {2, 3, 2}), entry("c", {3, 4, 3})};
  scores[0].block_scores.erase(scores[0].block_scores.begin() + 1);
  EXPECT_NEAR(Contest(scores, kThree).contrast(0, 1).difference, -1, 1e-9);
}

TEST(Contest, ABlockWithoutOthersInItsRoundCountsForNothing) {
  // As in the paired test above, beside a round that "b" ran alone.
  const std::vector<Score> scores = {entry("a", {11, 2, 8}), entry("b", {10, 0, 5, 20})};
  const Contrast contrast = Contest(scores, kTwo).contrast(0, 1);
  EXPECT_NEAR(contrast.difference, 2, 1e-9);
  EXPECT_NEAR(contrast.variance, 1.0 / 3, 1e-9);
  EXPECT_NEAR(contrast.degrees, 2, 1e-9);
}

TEST(Contest, OneBlockTiesWithAll) {
  const std::vector<Score> scores = {entry("a", {1}, false), entry("b", {2, 2.1}, false)};
  const Contrast contrast = Contest(scores, kTwo).contrast(0, 1);
  EXPECT_EQ(contrast.degrees, 0);
  EXPECT_EQ(relation_of(contrast, 0.05), Relation::undecided);
  EXPECT_FALSE(half_width(contrast, 0.05));
  EXPECT_FALSE(ratio_of(contrast, 0.05).interval);
}

TEST(Contest, SessionsMeetAtTheirBaselines) {
  // Tuesday costs 10 more; "a" and "b" are 1 above their session's baseline.
  std::vector<Score> scores = {entry("a", {1.1, 0.9}, false), entry("b", {11.2, 10.8}, false),
                               entry("base", {0.1, -0.1, 10.3, 9.7}, false)};
  for (BlockScore& block : scores[0].block_scores) block.session = "monday";
  for (BlockScore& block : scores[1].block_scores) block.session = "tuesday";
  scores[2].is_baseline = true;
  for (std::size_t i = 0; i < 4; ++i) {
    scores[2].block_scores[i].session = i < 2 ? "monday" : "tuesday";
  }
  const Contest contest(scores, kThree);
  const Contrast across = contest.contrast(0, 1);
  EXPECT_TRUE(across.is_across_sessions);
  EXPECT_NEAR(across.difference, 0, 1e-12);
  // Variances of means of two: 0.02/2, 0.08/2, and of the baselines 0.02/2, 0.18/2.
  EXPECT_NEAR(across.variance, 0.01 + 0.04 + 0.01 + 0.09, 1e-12);
  const Contrast to_baseline = contest.contrast(0, 2);
  EXPECT_NEAR(to_baseline.difference, 1, 1e-12);
  EXPECT_NEAR(to_baseline.variance, 0.01 + 0.01, 1e-12) << "Monday's blocks alone";
  EXPECT_EQ(contest.degrees(2), 1) << "the baseline's noise is known: it can be ranked";
}

TEST(Contest, ASingleBlockInAnotherSessionDoesNotHideTheOthers) {
  // Of "a" one block ran on Monday, three on Tuesday, which costs 10 more.
  std::vector<Score> scores = {entry("a", {1.0, 11.1, 10.9, 11.0}, false),
                               entry("base", {0.1, -0.1, 10.3, 9.7}, false)};
  for (std::size_t i = 0; i < 4; ++i) {
    scores[0].block_scores[i].session = i < 1 ? "monday" : "tuesday";
    scores[1].block_scores[i].session = i < 2 ? "monday" : "tuesday";
  }
  scores[1].is_baseline = true;
  const Contrast contrast = Contest(scores, kTwo).contrast(0, 1);
  EXPECT_NEAR(contrast.difference, 1, 1e-12);
  EXPECT_GT(contrast.degrees, 0);
}

TEST(Contest, WithoutABaselineTheLastSessionCounts) {
  std::vector<Score> scores = {entry("a", {1, 11.1, 10.9}, false),
                               entry("b", {2, 12.1, 11.9}, false)};
  for (Score& score : scores) {
    for (std::size_t i = 0; i < 3; ++i) {
      score.block_scores[i].session = i < 1 ? "monday" : "tuesday";
    }
  }
  const Contrast contrast = Contest(scores, kTwo).contrast(0, 1);
  EXPECT_NEAR(contrast.difference, -1, 1e-12);
  EXPECT_GT(contrast.degrees, 0);
}

TEST(Contest, DriftThatIsUnclearAddsTheBaselinesScatter) {
  std::vector<Score> scores = {entry("base", {0, 1, 2}, false), entry("a", {1, 1.1, 0.9}, false),
                               entry("b", {2, 2.1, 1.9}, false)};
  scores[0].is_baseline = true;
  const double before = Contest(scores, kThree).contrast(1, 2).variance;
  EXPECT_NEAR(before, 2 * 0.01 / 3, 1e-12);
  for (Score& score : scores) score.flags = {{kDriftUnclear, "differs by up to 100 %"}};
  // The baseline's blocks have the variance 1; each mean of three has a third of it more.
  EXPECT_NEAR(Contest(scores, kThree).contrast(1, 2).variance, before + 2.0 / 3, 1e-12);
}

TEST(Contest, TheSensorsErrorCountsBetweenTwoMeters) {
  // Two nodes that count as one, joined by a baseline on both; 2 % of sensor error each.
  std::vector<Score> scores = {entry("a", {1.1, 0.9}, false), entry("b", {1.2, 0.8}, false),
                               entry("base", {0.1, -0.1, 0.3, -0.3}, false)};
  const auto put = [](BlockScore& block, const char* node) {
    block.session = node;
    block.meter = node;
    block.error = block.joules * 0.02;
  };
  for (BlockScore& block : scores[0].block_scores) put(block, "n1");
  for (BlockScore& block : scores[1].block_scores) put(block, "n2");
  scores[2].is_baseline = true;
  for (std::size_t i = 0; i < 4; ++i) put(scores[2].block_scores[i], i < 2 ? "n1" : "n2");
  const double with = Contest(scores, kThree).contrast(0, 1).variance;
  for (Score& score : scores) {
    for (BlockScore& block : score.block_scores) block.meter.clear();
  }
  const double without = Contest(scores, kThree).contrast(0, 1).variance;
  EXPECT_NEAR(with - without, 2 * std::pow(std::log(1.02) / 1.959964, 2), 1e-9);
}

TEST(Relation, NeedsBothTheTestAndTheMargin) {
  const Contrast far{.difference = -0.05, .variance = 0.0001, .degrees = 8};  // half width 0.0231
  EXPECT_EQ(relation_of(far, 0.05), Relation::less);
  EXPECT_EQ(relation_of({.difference = 0.05, .variance = 0.0001, .degrees = 8}, 0.05),
            Relation::more);
  EXPECT_EQ(relation_of({.difference = 0.02, .variance = 0.0001, .degrees = 8}, 0.05),
            Relation::undecided);
  EXPECT_EQ(relation_of({.difference = 0.009, .variance = 1e-12, .degrees = 8}, 0.05),
            Relation::equal);
}

}  // namespace
}  // namespace joulebench
