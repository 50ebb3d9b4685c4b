#include "scoring/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"

namespace joulebench {
namespace {

using ::testing::ElementsAre;

Score make_score(const std::string& name, double joules, Interval interval,
                 double accuracy_low = 0.96) {
  return {.entry_id = name,
          .entry_name = name,
          .outcome = Outcome::valid,
          .accuracy = Estimate{0.97, Interval{accuracy_low, 0.98}},
          .joules_per_sample = Estimate{joules, interval},
          .energy_class = EnergyClass::measured,
          .blocks = 5,
          .samples = 1000,
          .node = "bench-1"};
}

std::vector<std::string> lines(const Ranking& ranking, const std::vector<Score>& scores,
                               std::size_t section = 0, std::size_t category = 0) {
  std::vector<std::string> lines;
  for (const RankedEntry& entry : ranking.sections.at(section).categories.at(category).entries) {
    lines.push_back(scores[entry.score].entry_name + " " + std::to_string(entry.best) + "-" +
                    std::to_string(entry.worst) + " " + entry.group);
  }
  return lines;
}

TEST(Floors, RanksByEnergyWithRangesAndGroups) {
  const std::vector<Score> scores = {make_score("d", 40, {39, 41}), make_score("b", 20, {18, 22}),
                                     make_score("a", 10, {9, 11}), make_score("c", 23, {21, 25})};
  const Ranking ranking = rank_scores(scores, {});
  EXPECT_EQ(ranking.rule, "floors/1");
  EXPECT_THAT(lines(ranking, scores), ElementsAre("a 1-1 a", "b 2-3 b", "c 2-3 b", "d 4-4 c"));
}

TEST(Floors, AnEntryBetweenTwoGroupsIsInBoth) {
  const std::vector<Score> scores = {make_score("a", 10, {9, 11}),
                                     make_score("b", 11.5, {10.5, 12.5}),
                                     make_score("c", 13, {12, 14})};
  EXPECT_THAT(lines(rank_scores(scores, {}), scores),
              ElementsAre("a 1-2 a", "b 1-3 ab", "c 2-3 b"));
}

TEST(Floors, LessThanOnePercentApartIsATieHoweverNarrowTheIntervals) {
  const std::vector<Score> near = {make_score("a", 100, {100, 100}),
                                   make_score("b", 100.9, {100.9, 100.9})};
  EXPECT_THAT(lines(rank_scores(near, {}), near), ElementsAre("a 1-2 a", "b 1-2 a"));
  const std::vector<Score> far = {make_score("a", 100, {100, 100}),
                                  make_score("b", 101.1, {101.1, 101.1})};
  EXPECT_THAT(lines(rank_scores(far, {}), far), ElementsAre("a 1-1 a", "b 2-2 b"));
}

TEST(Floors, OneBlockTiesWithAll) {
  std::vector<Score> scores = {make_score("a", 10, {9, 11}), make_score("b", 20, {19, 21})};
  Score once = make_score("c", 15, {});
  once.joules_per_sample->interval.reset();
  scores.push_back(once);
  EXPECT_THAT(lines(rank_scores(scores, {}), scores),
              ElementsAre("a 1-2 a", "c 1-3 ab", "b 2-3 b"));
}

TEST(Floors, AreCumulativeAndUseTheLowEndOfTheInterval) {
  const std::vector<Score> scores = {make_score("good", 30, {29, 31}, 0.96),
                                     make_score("fair", 20, {19, 21}, 0.949),
                                     make_score("poor", 10, {9, 11}, 0.79)};
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 1u);
  ASSERT_EQ(ranking.sections[0].categories.size(), 3u);
  EXPECT_EQ(ranking.sections[0].categories[0].title, "accuracy surely at least 95 %");
  EXPECT_THAT(lines(ranking, scores, 0, 0), ElementsAre("good 1-1 a"));
  EXPECT_THAT(lines(ranking, scores, 0, 1), ElementsAre("fair 1-1 a", "good 2-2 b"));
  EXPECT_THAT(lines(ranking, scores, 0, 2), ElementsAre("fair 1-1 a", "good 2-2 b"));
  ASSERT_EQ(ranking.unranked.size(), 1u);
  EXPECT_EQ(ranking.unranked[0].reason,
            "its accuracy is surely at least 79 % only, below the lowest floor of 80 %");
}

TEST(Floors, ModelledOrOtherNodesNeverShareARankWithMeasured) {
  std::vector<Score> scores = {make_score("a", 10, {9, 11}), make_score("b", 1, {0.9, 1.1}),
                               make_score("c", 2, {1.9, 2.1})};
  scores[1].energy_class = EnergyClass::modelled;
  scores[2].node = "bench-2";
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 3u);
  EXPECT_THAT(lines(ranking, scores, 0), ElementsAre("a 1-1 a"));
  EXPECT_THAT(lines(ranking, scores, 1), ElementsAre("c 1-1 a"));
  EXPECT_EQ(ranking.sections[2].energy_class, EnergyClass::modelled);
  EXPECT_THAT(lines(ranking, scores, 2), ElementsAre("b 1-1 a"));
}

TEST(Floors, FailedAndSuspectAreListedApartWithTheirReason) {
  std::vector<Score> scores = {make_score("a", 10, {9, 11}), make_score("b", 1, {0.9, 1.1}),
                               make_score("c", 1, {0.9, 1.1})};
  scores[1].outcome = Outcome::memory;
  scores[1].message = "used 65 MB of 64 MB";
  scores[2].unranked = {"its energy is suspect"};
  const Ranking ranking = rank_scores(scores, {});
  EXPECT_THAT(lines(ranking, scores), ElementsAre("a 1-1 a"));
  ASSERT_EQ(ranking.unranked.size(), 2u);
  EXPECT_EQ(ranking.unranked[0].reason, "it failed (memory): used 65 MB of 64 MB");
  EXPECT_EQ(ranking.unranked[1].reason, "its energy is suspect");
}

TEST(Floors, OfNothingIsNothing) {
  EXPECT_TRUE(rank_scores({}, {}).sections.empty());
  EXPECT_TRUE(rank_scores({}, {}).unranked.empty());
}

TEST(RankScores, NamesARuleThatDoesNotExist) {
  Track track;
  track.ranking.rule = "fastest";
  EXPECT_THROW(rank_scores({}, track), Error);
}

}  // namespace
}  // namespace joulebench
