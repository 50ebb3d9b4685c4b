#include "scoring/every_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "scoring/explanation.h"
#include "scoring/ranking.h"
#include "tests/scoring/score_on_node.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Score on_machine(const std::string& name, const std::string& node, double joules,
                 double noise = 0.001, int blocks = 6) {
  return score_on_node(name, node, "4 x CPU of " + node, joules, noise, blocks);
}

Track every_node() {
  Track track;
  track.ranking.floors = {0.8};
  track.ranking.nodes = NodeRule::every;
  return track;
}

/// Two machines of which the other uses three times as much.
std::vector<Score> on_two_nodes() {
  return {on_machine("base", "a", 100), on_machine("base", "b", 300), on_machine("one", "a", 120),
          on_machine("one", "b", 360),  on_machine("two", "a", 110),  on_machine("two", "b", 390),
          on_machine("three", "a", 90), on_machine("three", "b", 282)};
}

std::vector<std::string> names_in(const RankedSection& section, const std::vector<Score>& scores) {
  std::vector<std::string> names;
  for (const RankedEntry& one : section.categories.at(0).entries) {
    names.push_back(scores[one.score].entry_name);
  }
  return names;
}

const ComparedEntry& compared(const RankedSection& section, const std::vector<Score>& scores,
                              const std::string& name) {
  for (const ComparedEntry& one : section.compared) {
    if (scores[one.score].entry_name == name) return one;
  }
  throw std::logic_error(name);
}

TEST(EveryNode, UnlikeMachinesShareOneSectionByRatiosToTheirBaselines) {
  const std::vector<Score> scores = on_two_nodes();
  const Ranking ranking = rank_scores(scores, every_node());
  EXPECT_THAT(ranking.unranked, IsEmpty());
  ASSERT_EQ(ranking.sections.size(), 1U);
  const RankedSection& section = ranking.sections[0];
  EXPECT_TRUE(section.is_by_ratio);
  EXPECT_EQ(section.node, "a + b, by the ratio to the baseline of each");
  // sqrt(0.9 * 0.94), 1, sqrt(1.2 * 1.2), sqrt(1.1 * 1.3)
  EXPECT_THAT(names_in(section, scores), ElementsAre("three", "base", "two", "one"));
  EXPECT_NEAR(compared(section, scores, "three").of_baseline->value, std::sqrt(0.9 * 0.94), 1e-9);
  EXPECT_NEAR(compared(section, scores, "two").of_baseline->value, std::sqrt(1.1 * 1.3), 1e-9);
  ASSERT_EQ(section.anchors.size(), 2U);
  EXPECT_NEAR(section.anchors[1].energy.value, 3.0, 1e-9);
}

TEST(EveryNode, TheEnergyIsTheGeometricMeanAndTheDifferenceOfMachinesIsNoNoise) {
  const std::vector<Score> scores = on_two_nodes();
  const Ranking ranking = rank_scores(scores, every_node());
  const std::size_t place = ranking.place_of[2];
  EXPECT_EQ(ranking.place_of[3], place);
  const Score& one = ranking.joined[place];
  EXPECT_NEAR(one.joules_per_sample->value, std::sqrt(1.2 * 3.6), 1e-9);
  // On each node six blocks at +-0.001: s^2 = 6/5e-6; of the mean of both 1/4 (s^2/6 + s^2/6), with
  // ten degrees of freedom, whose t is 2.2281.
  const double half = 2.2281 * std::sqrt(0.5 * 1e-6 / 5);
  EXPECT_NEAR(std::log(one.joules_per_sample->interval->high / one.joules_per_sample->value), half,
              1e-7);
  EXPECT_EQ(one.blocks, 12);
  EXPECT_FALSE(one.mean_watts) << "of two machines";
}

TEST(EveryNode, EachMachineWeighsAlikeWhateverBlocksItHas) {
  std::vector<Score> scores = on_two_nodes();
  scores[5] = on_machine("two", "b", 390, 0.001, 2);
  const Ranking ranking = rank_scores(scores, every_node());
  EXPECT_NEAR(compared(ranking.sections.at(0), scores, "two").of_baseline->value,
              std::sqrt(1.1 * 1.3), 1e-9);
}

TEST(EveryNode, AnEntryThatLacksAMachineIsNamedAndHasNoRank) {
  std::vector<Score> scores = on_two_nodes();
  scores.pop_back();
  const Ranking ranking = rank_scores(scores, every_node());
  ASSERT_EQ(ranking.unranked.size(), 1U);
  EXPECT_EQ(scores[ranking.unranked[0].score].entry_name, "three");
  EXPECT_EQ(ranking.unranked[0].reason,
            "it has no run with a figure on b; the track ranks what ran on every machine "
            "(ranking.nodes)");
  EXPECT_THAT(compare_energy(scores, every_node(), 6, 2).apart,
              HasSubstr("three has nothing to compare: it has no run with a figure on b"));
}

TEST(EveryNode, AMachineWithoutTheBaselineIsApart) {
  std::vector<Score> scores = on_two_nodes();
  scores.push_back(on_machine("one", "c", 100));
  const Ranking ranking = rank_scores(scores, every_node());
  ASSERT_EQ(ranking.sections.size(), 2U);
  EXPECT_THAT(ranking.sections[1].apart, HasSubstr("no baseline with two blocks on it"));
  EXPECT_EQ(ranking.sections[0].categories[0].entries.size(), 4U);
}

TEST(EveryNode, OfTwoRunsOnOneMachineOneCountsAndTheOtherSaysSo) {
  std::vector<Score> scores = on_two_nodes();
  scores.push_back(on_machine("one", "a", 500, 0.001, 4));  // fewer blocks, in another state
  scores.back().node = "a, 4 x CPU of a, governor powersave";
  const std::size_t other = scores.size() - 1;
  for (const std::size_t counted : {std::size_t{2}, other}) {
    const Ranking ranking = rank_scores(scores, every_node());
    ASSERT_EQ(ranking.unranked.size(), 1U);
    const std::size_t left_out = counted == 2 ? other : 2;
    EXPECT_EQ(ranking.unranked[0].score, left_out);
    EXPECT_EQ(ranking.unranked[0].reason,
              "another run of it counts for a: the one with more blocks, of as many the newer");
    EXPECT_NEAR(compared(ranking.sections.at(0), scores, "one").of_baseline->value, 1.2, 1e-9);
    EXPECT_THAT(compare_energy(scores, every_node(), left_out, 4).apart,
                HasSubstr("one has nothing to compare: another run of it counts for a"));
    std::swap(scores[2], scores[other]);  // it does not depend on their order
  }
}

/// As a board has a run that it ingested from a history that nobody signed.
Score ingested(const std::string& name, const std::string& node, double joules) {
  Score score = on_machine(name, node, joules);
  score.node += "; ingested from the history with head bbbbbbbbbbbb";
  score.machine.clear();
  return score;
}

TEST(EveryNode, WhatNobodySignedNeitherJoinsNorUnranksWhatRanHere) {
  std::vector<Score> scores = on_two_nodes();
  const std::size_t here = scores.size();
  scores.push_back(ingested("base", "c", 1));
  scores.push_back(ingested("one", "c", 1.1));
  Ranking ranking = rank_scores(scores, every_node());
  EXPECT_THAT(ranking.unranked, IsEmpty());
  ASSERT_EQ(ranking.sections.size(), 2U);
  EXPECT_EQ(ranking.sections[0].node, "a + b, by the ratio to the baseline of each");
  EXPECT_EQ(names_in(ranking.sections[0], scores).size(), 4U);
  EXPECT_EQ(ranking.sections[1].apart, "no signature says which machine it ran on");
  for (const ComparedEntry& one : ranking.sections[1].compared) EXPECT_GE(one.score, here);
  // Machines of one such history are ranked by ratios among themselves.
  scores.push_back(ingested("base", "d", 2));
  scores.push_back(ingested("one", "d", 2.2));
  ranking = rank_scores(scores, every_node());
  EXPECT_THAT(ranking.unranked, IsEmpty());
  ASSERT_EQ(ranking.sections.size(), 2U);
  EXPECT_TRUE(ranking.sections[1].is_by_ratio);
  EXPECT_EQ(ranking.sections[1].apart, "no signature says which machine it ran on");
  for (const ComparedEntry& one : ranking.sections[1].compared) EXPECT_GE(one.score, here);
}

TEST(EveryNode, AFloorIsMetOnTheMachineWhereTheEntryIsWorst) {
  std::vector<Score> scores = on_two_nodes();
  scores[3].accuracy = Estimate{0.5, Interval{0.48, 0.52}};
  const Ranking ranking = rank_scores(scores, every_node());
  ASSERT_EQ(ranking.unranked.size(), 1U);
  EXPECT_EQ(ranking.unranked[0].score, 3U);
}

TEST(EveryNode, EveryRunOfAnEntryIsExplainedByItsPlace) {
  std::vector<Score> scores = on_two_nodes();
  const std::string ranked = explain_rank(scores, every_node(), 3);
  EXPECT_THAT(ranked, HasSubstr("judged as one with its run on a, 4 x CPU of a\n"));
  EXPECT_THAT(ranked, HasSubstr("rank 3 to 4 of 4"));
  scores[3].accuracy = Estimate{0.5, Interval{0.48, 0.52}};
  const std::string unranked = explain_rank(scores, every_node(), 2);
  EXPECT_THAT(unranked, HasSubstr("judged as one with its run on b, 4 x CPU of b\n"));
  EXPECT_THAT(unranked, HasSubstr("  not ranked: "));
}

TEST(EveryNode, OneMachineAloneRanksAsAlways) {
  const std::vector<Score> scores = {on_machine("base", "a", 100), on_machine("one", "a", 120)};
  const Ranking ranking = rank_scores(scores, every_node());
  ASSERT_EQ(ranking.sections.size(), 1U);
  EXPECT_FALSE(ranking.sections[0].is_by_ratio);
  EXPECT_THAT(ranking.joined, IsEmpty());
}

TEST(EveryNode, CountsOfDomainsMayDifferButNotTheirKinds) {
  std::vector<Score> scores = on_two_nodes();
  for (std::size_t i = 1; i < scores.size(); i += 2) {
    scores[i].total_formula = "cpu-package-0 + cpu-package-1";
  }
  Ranking ranking = rank_scores(scores, every_node());
  ASSERT_EQ(ranking.sections.size(), 1U);
  EXPECT_EQ(ranking.sections[0].formula, "cpu-package of each machine");
  for (std::size_t i = 1; i < scores.size(); i += 2) {
    scores[i].total_formula = "cpu-package-0 + dram-0";
  }
  EXPECT_EQ(rank_scores(scores, every_node()).sections.size(), 2U);
}

/// Campaigns with known truth: the interval of a ratio over two unlike machines holds it.
TEST(EveryNode, TheIntervalOfARatioHoldsTheTruthWithTheBaselinesUncertainty) {
  std::mt19937_64 draw(7);
  std::normal_distribution<double> noise(0, 0.01);
  int held = 0;
  constexpr int kCampaigns = 1000;
  for (int campaign = 0; campaign < kCampaigns; ++campaign) {
    std::vector<Score> scores = on_two_nodes();
    for (Score& score : scores) {
      double sum = 0;
      for (BlockScore& block : score.block_scores) {
        block.joules = Joules{block.joules.value * std::exp(noise(draw))};
        sum += std::log(block.joules_per_sample());
      }
      score.joules_per_sample = Estimate{std::exp(sum / 6), std::nullopt};
    }
    const Ranking ranking = rank_scores(scores, every_node());
    const auto ratio = compared(ranking.sections.at(0), scores, "one").of_baseline;
    held += ratio->interval->low <= 1.2 && 1.2 <= ratio->interval->high;
  }
  EXPECT_GE(held, 0.92 * kCampaigns);
  EXPECT_LE(held, 0.985 * kCampaigns);
}

}  // namespace
}  // namespace joulebench
