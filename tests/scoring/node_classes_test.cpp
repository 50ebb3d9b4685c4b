#include "scoring/node_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "scoring/ranking.h"
#include "tests/scoring/score_on_node.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Score measured(const std::string& name, const std::string& node, double joules,
               double noise = 0.001, int blocks = 6) {
  return score_on_node(name, node, "4 x CPU", joules, noise, blocks);
}

Track track_with(double tolerance = 0.01) {
  Track track;
  track.ranking.floors = {0.8};
  track.ranking.node_tolerance = tolerance;
  return track;
}

std::vector<std::string> names(const RankedSection& section, const std::vector<Score>& scores) {
  std::vector<std::string> names;
  for (const RankedEntry& one : section.categories.at(0).entries) {
    names.push_back(scores[one.score].entry_name);
  }
  return names;
}

TEST(NodeClasses, NodesWhoseBaselinesAgreeShareRanks) {
  const std::vector<Score> scores = {measured("base", "a", 100), measured("base", "b", 100.2),
                                     measured("one", "a", 120), measured("two", "b", 110),
                                     measured("three", "a", 140)};
  const Ranking ranking = rank_scores(scores, track_with());
  ASSERT_EQ(ranking.sections.size(), 1U);
  const RankedSection& section = ranking.sections[0];
  EXPECT_THAT(names(section, scores), ElementsAre("base", "two", "one", "three"));
  EXPECT_EQ(section.node, "a + b, 4 x CPU");
  ASSERT_EQ(section.anchors.size(), 2U);
  EXPECT_EQ(section.anchors[1].node, "b");
  EXPECT_NEAR(section.anchors[1].energy.value, 1.002, 1e-6);
}

TEST(NodeClasses, EntriesOfTwoNodesAreComparedThroughTheBaselineOfEach) {
  // On the slower-counting node everything costs 0.5 % more, the baseline too.
  const std::vector<Score> scores = {measured("base", "a", 100), measured("base", "b", 100.5),
                                     measured("one", "a", 120), measured("two", "b", 120.6)};
  const Ranking ranking = rank_scores(scores, track_with());
  ASSERT_EQ(ranking.sections.size(), 1U);
  const auto& entries = ranking.sections[0].categories[0].entries;
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_NEAR(entries[1].level, entries[2].level, 1e-9);
  EXPECT_EQ(entries[1].group, entries[2].group);
}

TEST(NodeClasses, ANodeWithASlowerCounterIsSetApart) {
  const std::vector<Score> scores = {measured("base", "a", 100), measured("base", "b", 97),
                                     measured("one", "a", 120), measured("two", "b", 110),
                                     measured("three", "a", 140)};
  const Ranking ranking = rank_scores(scores, track_with());
  ASSERT_EQ(ranking.sections.size(), 2U);
  EXPECT_THAT(names(ranking.sections[0], scores), ElementsAre("base", "one", "three"));
  EXPECT_THAT(names(ranking.sections[1], scores), ElementsAre("base", "two"));
  EXPECT_THAT(ranking.sections[1].apart,
              HasSubstr("its baseline uses -3.0 % of that on a (-3.1 to -2.9 %)"));
  EXPECT_THAT(ranking.sections[1].apart, HasSubstr("not shown to be within 1 %"));
}

TEST(NodeClasses, WithoutEvidenceNodesAreNotAssumedEqual) {
  const Score quiet = measured("base", "a", 100);
  EXPECT_TRUE(are_equivalent(quiet, measured("base", "b", 100), 0.01));
  EXPECT_FALSE(are_equivalent(quiet, measured("base", "b", 100, 0.05), 0.01)) << "noise";
  EXPECT_FALSE(are_equivalent(quiet, measured("base", "b", 100, 0.001, 1), 0.01)) << "one block";
  EXPECT_TRUE(are_equivalent(quiet, measured("base", "b", 103), 0.05)) << "as tolerated";
  const std::vector<Score> scores = {measured("one", "a", 120), measured("two", "b", 110)};
  EXPECT_EQ(rank_scores(scores, track_with()).sections.size(), 2U) << "no baseline";
}

TEST(NodeClasses, MachinesThatDifferAreNotComparedByTheirBaselines) {
  std::vector<Score> scores = {measured("base", "a", 100), measured("base", "b", 100)};
  scores[1].machine = "4 x CPU, Linux 6.12";
  EXPECT_EQ(rank_scores(scores, track_with()).sections.size(), 2U);
  scores[0].machine = scores[1].machine = "";
  EXPECT_EQ(rank_scores(scores, track_with()).sections.size(), 2U) << "not known";
}

TEST(NodeClasses, TheOrderOfScoresDoesNotMatter) {
  std::vector<Score> scores = {measured("base", "b", 100), measured("two", "b", 110),
                               measured("base", "a", 100.1), measured("one", "a", 120)};
  const Ranking ranking = rank_scores(scores, track_with());
  ASSERT_EQ(ranking.sections.size(), 1U);
  const std::vector<std::string> before = names(ranking.sections[0], scores);
  std::swap(scores[0], scores[2]);
  std::swap(scores[1], scores[3]);
  EXPECT_EQ(names(rank_scores(scores, track_with()).sections[0], scores), before);
}

}  // namespace
}  // namespace joulebench
