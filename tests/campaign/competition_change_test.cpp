#include "campaign/competition_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace joulebench {
namespace {

using nlohmann::json;

/// The committed competition, which its own file says the format of, with one track changed.
json small() {
  return {{"format", json::parse(competition_schema())["properties"]["format"]["const"]},
          {"id", "small"},
          {"title", "Small"},
          {"tracks", {{{"id", "digits"}, {"dataset", "digits"}}}}};
}

Competition competition(const json& document) {
  return parse_competition(document.dump(), "small.json");
}

std::vector<FieldChange> changes(const json& before, const json& after) {
  return changes_between(competition(before), competition(after));
}

TEST(CompetitionChange, AnotherLayoutOrADefaultThatIsWrittenOutIsNone) {
  json written = small();
  written["tracks"][0]["protocol"] = {{"blocks", Protocol{}.blocks}};
  EXPECT_TRUE(changes(small(), written).empty());
  EXPECT_TRUE(
      changes_between(competition(small()), parse_competition(small().dump(4), "small.json"))
          .empty());
}

TEST(CompetitionChange, TitlesFloorsAndMoreBlocksScoreAgain) {
  json after = small();
  after["title"] = "Renamed";
  after["tracks"][0]["ranking"] = {{"floors", {0.5}}};
  after["tracks"][0]["protocol"] = {{"blocks", 7}};
  const auto found = changes(small(), after);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].field, "title");
  EXPECT_EQ(found[0].before, "\"Small\"");
  EXPECT_EQ(found[0].after, "\"Renamed\"");
  EXPECT_EQ(found[1].field, "tracks[digits].protocol.blocks");
  EXPECT_EQ(found[2].field, "tracks[digits].ranking.floors");
  EXPECT_EQ(found[2].after, "[0.5]");
  for (const FieldChange& change : found) EXPECT_FALSE(change.remeasures) << change.field;
}

TEST(CompetitionChange, ProtocolLimitsAndDatasetMeasureAgain) {
  for (const auto& [field, value] : std::map<std::string, json>{
           {"protocol", {{"idle_s", 1}}}, {"limits", {{"cpus", 1}}}, {"dataset", "other"}}) {
    json after = small();
    after["tracks"][0][field] = value;
    const auto found = changes(small(), after);
    ASSERT_EQ(found.size(), 1U) << field;
    EXPECT_TRUE(found[0].remeasures) << found[0].field;
  }
}

TEST(CompetitionChange, OtherEnvironmentsRunBlocksAgain) {
  json after = small();
  after["environments"] = {"python"};
  const auto found = changes(small(), after);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].field, "environments");
  EXPECT_TRUE(found[0].remeasures);
}

TEST(CompetitionChange, ATrackThatCameOrWentIsOneChange) {
  json after = small();
  after["tracks"].push_back({{"id", "more"}, {"dataset", "digits"}});
  const auto came = changes(small(), after);
  ASSERT_EQ(came.size(), 1U);
  EXPECT_EQ(came[0].field, "tracks[more]");
  EXPECT_EQ(came[0].before, "absent");
  const auto went = changes(after, small());
  ASSERT_EQ(went.size(), 1U);
  EXPECT_EQ(went[0].after, "absent");
}

TEST(CompetitionChange, TheErrorNamesEachFieldAndTheOption) {
  json after = small();
  after["title"] = "Renamed";
  EXPECT_NO_THROW(require_unchanged(competition(small()), competition(small())));
  try {
    require_unchanged(competition(small()), competition(after));
    FAIL() << "an error was expected";
  } catch (const Error& error) {
    EXPECT_EQ(
        error.parts().where,
        "small.json\n  title: \"Small\" on the board, \"Renamed\" in the file (scores again)");
    EXPECT_THAT(error.parts().hint, testing::HasSubstr("--accept-changes"));
  }
}

}  // namespace
}  // namespace joulebench
