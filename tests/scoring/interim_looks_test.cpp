#include "scoring/interim_looks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/error.h"
#include "scoring/ranking.h"
#include "scoring/simulated_campaign.h"

namespace joulebench {
namespace {

using joulebench::support::alike;
using joulebench::support::draw;
using joulebench::support::SimulatedCampaign;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Track adding_blocks(int most = 20) {
  Track track;
  track.protocol.adds_blocks = true;
  track.protocol.most_blocks = most;
  return track;
}

TEST(Looks, AFixedNumberOfBlocksIsLookedAtOnceWithTheWholeError) {
  const auto looks = planned_looks({});
  ASSERT_EQ(looks.size(), 1u);
  EXPECT_NEAR(looks[0].error, 0.05, 1e-12);
}

TEST(Looks, SpendTheErrorInAdvanceAsLanAndDeMetsSay) {
  const auto looks = planned_looks(adding_blocks());
  std::vector<int> blocks;
  double sum = 0;
  for (const Look& look : looks) {
    blocks.push_back(look.blocks);
    sum += look.error;
  }
  EXPECT_THAT(blocks, ElementsAre(5, 7, 10, 14, 20));
  EXPECT_NEAR(sum, 0.05, 1e-12);
  // A quarter of the blocks: 0.05 ln(1 + 1.71828 / 4).
  EXPECT_NEAR(looks[0].error, 0.05 * std::log(1.429570457), 1e-9);
  EXPECT_EQ(planned_looks(adding_blocks(5)).size(), 1u);
}

/// Blocks with these joules, a round each; accuracy 0.97 of 1,000.
Score score_with(const std::string& name, const std::vector<double>& joules) {
  Score score{.entry_id = name,
              .entry_name = name,
              .outcome = Outcome::valid,
              .accuracy = Estimate{0.97, Interval{0.96, 0.98}},
              .energy_class = EnergyClass::measured,
              .blocks = static_cast<int>(joules.size()),
              .samples = 1000,
              .node = "n"};
  std::vector<EnergyFigure> figures;
  for (const double one : joules) {
    figures.push_back({.value = one});
    score.block_scores.push_back({.number = static_cast<int>(figures.size()),
                                  .round = static_cast<int>(figures.size()),
                                  .session = "s",
                                  .samples = 1,
                                  .joules = Joules{one}});
  }
  score.joules_per_sample = geometric_mean(figures, 0.95);
  return score;
}

TEST(Looks, WhatALookFoundStaysFoundAndTheIntervalSaysSo) {
  // Far apart in the first five blocks; then the first entry has two blocks that scatter.
  const std::vector<Score> scores = {score_with("a", {10, 10.1, 9.9, 10, 10.05, 20, 5}),
                                     score_with("b", {12, 12.1, 11.9, 12.05, 12, 12, 12})};
  const std::size_t members[] = {0, 1};
  const SectionLooks looks(scores, members, adding_blocks());
  ASSERT_EQ(looks.all().size(), 2u);
  EXPECT_EQ(relation_of(looks.latest().contrast(0, 1), looks.error()), Relation::undecided);
  EXPECT_EQ(looks.relation(0, 1), Relation::less);
  EXPECT_LT(looks.ratio(0, 1).interval->high, 1);
  const Ranking ranking = rank_scores(scores, adding_blocks());
  EXPECT_EQ(ranking.sections[0].categories[0].entries[0].worst, 1);
  EXPECT_EQ(ranking.sections[0].looks, 2u);
  EXPECT_NEAR(ranking.sections[0].error, planned_looks(adding_blocks())[1].error, 1e-12);
}

TEST(Looks, TheBaselinesOfLaterSessionsDoNotMakeALook) {
  std::vector<Score> scores = {score_with("base", {10, 10, 10, 10, 10, 10, 10, 10, 10, 10}),
                               score_with("a", {12, 12.1, 12, 12.1, 12})};
  scores[0].is_baseline = true;
  for (std::size_t i = 5; i < 10; ++i) scores[0].block_scores[i].session = "t";
  EXPECT_EQ(rank_scores(scores, adding_blocks()).sections.at(0).looks, 1u);
}

TEST(MoreBlocks, AreForTheLeaderAndWhoIsTiedWithIt) {
  const std::vector<double> noisy = {9, 11, 10, 9.5, 10.5};
  const std::vector<double> also = {10.8, 9.2, 10.6, 9.6, 10.1};
  const std::vector<double> far = {100, 101, 99, 100, 100};
  std::vector<Score> scores = {score_with("a", noisy), score_with("far", far),
                               score_with("b", also)};
  const MoreBlocks more = more_blocks(scores, adding_blocks());
  EXPECT_THAT(more.scores, ElementsAre(0u, 2u));
  EXPECT_EQ(more.blocks, 7);
  EXPECT_TRUE(more_blocks(scores, {}).scores.empty()) << "a fixed number";
  EXPECT_TRUE(more_blocks(scores, adding_blocks(5)).scores.empty()) << "as many as there may be";
  // One of them has its blocks already, as after a call that was killed.
  scores[0] = score_with("a", {9, 11, 10, 9.5, 10.5, 10, 9.8});
  EXPECT_THAT(more_blocks(scores, adding_blocks()).scores, ElementsAre(2u));
}

TEST(MoreBlocks, EndWhereEnergiesAreEqualWithinTheMargin) {
  const std::vector<Score> scores = {score_with("a", {10, 10.001, 10, 10.001, 10}),
                                     score_with("b", {10.01, 10.011, 10.01, 10.01, 10.01})};
  EXPECT_TRUE(more_blocks(scores, adding_blocks()).scores.empty());
}

TEST(Looks, BothWaysAreSaidAsEachByItself) {
  const std::vector<Score> scores = {score_with("a", {9, 11, 10, 9.5, 10.5}),
                                     score_with("b", {20.5, 19.4, 21, 19.9, 20.2})};
  const std::vector<std::size_t> members = {0, 1};
  for (const Track& track : {Track{}, adding_blocks()}) {
    const SectionLooks looks(scores, members, track);
    const auto [first, second] = looks.said_of(0, 1);
    EXPECT_EQ(first.relation, Relation::less);
    EXPECT_EQ(second.relation, Relation::more);
    EXPECT_DOUBLE_EQ(first.ratio.value, looks.ratio(0, 1).value);
    EXPECT_DOUBLE_EQ(second.ratio.value, looks.ratio(1, 0).value);
    EXPECT_DOUBLE_EQ(first.ratio.interval->high, looks.ratio(0, 1).interval->high);
    EXPECT_DOUBLE_EQ(second.ratio.interval->low, looks.ratio(1, 0).interval->low);
  }
}

TEST(MoreBlocks, UnderPointEstimatesGoToWhoATestDoesNotTellFromTheLeader) {
  const std::vector<Score> scores = {score_with("a", {9, 11, 10, 9.5, 10.5}),
                                     score_with("far", {100, 101, 99, 100, 100}),
                                     score_with("b", {10.5, 9.4, 11, 9.9, 10.2})};
  Track track = adding_blocks();
  track.ranking.rule = "acml2021";
  track.ranking.floors = {0.5};
  EXPECT_THAT(more_blocks(scores, track).scores, ElementsAre(0u, 2u));
  const Ranking ranking = rank_scores(scores, track);
  EXPECT_EQ(ranking.sections[0].categories[0].entries[0].worst, 1) << "the order stays strict";
}

TEST(MoreBlocks, OfFrontsGoToWhoMayOrMayNotStandInTheFirst) {
  std::vector<Score> scores = {score_with("a", {9, 11, 10, 9.5, 10.5}),
                               score_with("far", {100, 101, 99, 100, 100}),
                               score_with("b", {10.5, 9.4, 11, 9.9, 10.2})};
  Track track = adding_blocks();
  track.ranking.rule = "pareto";
  EXPECT_THAT(more_blocks(scores, track).scores, ElementsAre(0u, 2u)) << "a and b may beat another";
  scores[2] = score_with("b", {20.5, 19.4, 21, 19.9, 20.2});
  EXPECT_TRUE(more_blocks(scores, track).scores.empty())
      << "energies differ; accuracies stay as they are";
}

}  // namespace
}  // namespace joulebench
