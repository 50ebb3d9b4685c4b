#include "leaderboard/entry_versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulebench {
namespace {

/// Of team red, "tree" unless it is said otherwise; `id` says when it was received.
BoardEntry version(const std::string& id, Outcome outcome = Outcome::valid) {
  BoardEntry entry;
  entry.run.record.entry = {.id = id, .name = "tree", .team = "red"};
  entry.run.record.outcome = outcome;
  entry.received_at_utc = "2026-12-0" + id.substr(0, 1);
  return entry;
}

/// The ids that stand in the ranks, in the order of `entries`.
std::string standing(std::vector<BoardEntry> entries, VersionRule rule = VersionRule::newest,
                     const SelectedVersions& selected = {}, const Ranking& ranking = {}) {
  mark_superseded(entries, rule, selected, ranking);
  std::string ids;
  for (const BoardEntry& entry : entries) {
    if (entry.state == EntryState::superseded) continue;
    ids += (ids.empty() ? "" : " ") + entry.run.record.entry.id;
  }
  return ids;
}

TEST(Versions, TheNewestByReceiptStandsAndNamesItself) {
  std::vector<BoardEntry> entries = {version("2b"), version("3c"), version("1a")};
  EXPECT_EQ(standing(entries), "3c");
  mark_superseded(entries, VersionRule::newest, {}, {});
  EXPECT_EQ(entries[0].superseded_by, "3c");
  EXPECT_EQ(entries[1].superseded_by, "");
}

TEST(Versions, AnEntryIsTeamAndName) {
  std::vector<BoardEntry> entries = {version("1a"), version("2b"), version("3c")};
  entries[1].run.record.entry.team = "blue";
  entries[2].run.record.entry.name = "forest";
  EXPECT_EQ(standing(entries), "1a 2b 3c");
}

TEST(Versions, WithoutATeamEachIsOfItsOwn) {
  std::vector<BoardEntry> entries = {version("1a"), version("2b")};
  for (BoardEntry& entry : entries) entry.run.record.entry.team.clear();
  EXPECT_EQ(standing(entries), "1a 2b");
}

TEST(Versions, OneThatIsNotEvaluatedYetStandsInNobodysPlace) {
  EXPECT_EQ(standing({version("1a"), version("2b", Outcome::infrastructure)}), "1a");
  EXPECT_EQ(standing({version("1a"), version("2b", Outcome::crash)}), "2b")
      << "its own failure counts";
}

TEST(Versions, AWithdrawnOneGivesItsPlaceBackAndADisqualifiedOneStandsForItself) {
  std::vector<BoardEntry> entries = {version("1a"), version("2b")};
  entries[1].state = EntryState::withdrawn;
  EXPECT_EQ(standing(entries), "1a 2b");
  entries[1].state = EntryState::disqualified;
  EXPECT_EQ(standing(entries), "1a 2b");
}

TEST(Versions, BaselinesAreLeftAlone) {
  std::vector<BoardEntry> entries = {version("1a"), version("2b")};
  entries[0].run.record.entry.is_baseline = true;
  EXPECT_EQ(standing(entries), "1a 2b");
}

TEST(Versions, RunsOfOneVersionOnTwoNodesStandTogether) {
  EXPECT_EQ(standing({version("1a"), version("2b"), version("2b")}), "2b 2b");
}

TEST(Versions, TheSelectedOneStandsWhereTheCompetitionSaysSo) {
  const std::vector<BoardEntry> entries = {version("1a"), version("2b")};
  const SelectedVersions selected = {{{"red", "tree"}, "1a"}};
  EXPECT_EQ(standing(entries, VersionRule::selected, selected), "1a");
  EXPECT_EQ(standing(entries, VersionRule::newest, selected), "2b");
  EXPECT_EQ(standing(entries, VersionRule::selected), "2b") << "none is selected yet";
  EXPECT_EQ(standing(entries, VersionRule::selected, {{{"blue", "tree"}, "1a"}}), "2b")
      << "another team's wish";
  EXPECT_EQ(standing(entries, VersionRule::selected, {{{"red", "tree"}, "gone"}}), "2b");
}

TEST(Versions, TheBestIsTheFirstOfTheFirstCategoryThatHasOne) {
  const std::vector<BoardEntry> entries = {version("1a"), version("2b"), version("3c")};
  Ranking ranking;
  RankedSection section;
  section.categories.resize(2);
  section.categories[0].entries = {{.score = 1}, {.score = 2}};
  section.categories[1].entries = {{.score = 0}, {.score = 1}, {.score = 2}};
  ranking.sections.push_back(section);
  EXPECT_EQ(standing(entries, VersionRule::best, {}, ranking), "2b");
  EXPECT_EQ(standing(entries, VersionRule::best), "3c") << "none is ranked: the newest";
}

}  // namespace
}  // namespace joulebench
