#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/json_file.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;
using testing::Not;

class CompetitionCheck : public SmallWorld {
 protected:
  /// The small competition with `change` applied to its text.
  ProgramEnd check_with(const std::function<void(nlohmann::json&)>& change,
                        const std::vector<std::string>& more = {}) const {
    nlohmann::json json = read_json_file(competition(), {});
    change(json);
    write_json_file(folder() / "changed.json", json);
    std::vector<std::string> arguments = {"competition", "check", folder() / "changed.json",
                                          "--meters", "model"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return joulebench(arguments);
  }
};

TEST_F(CompetitionCheck, SaysWhatATrackNeedsAndShows) {
  const ProgramEnd end = check_with([](nlohmann::json& json) {
    json["tracks"][0]["ranking"] = {{"rule", "floors"}, {"floors", {0.9, 0.95}}};
    json["dates"] = {{"opens", "2020-01-01T00:00:00Z"}, {"closes", "2999-01-01T00:00:00Z"}};
    json["quotas"] = {{"per_day", 3}};
  });
  EXPECT_EQ(end.status, 0) << end.out << end.err;
  EXPECT_THAT(end.out, HasSubstr("360 samples to be predicted, 1437 public"));
  EXPECT_THAT(end.out, HasSubstr("floor 90 %    334 of 360 right answers prove it"));
  EXPECT_THAT(end.out, HasSubstr("entries are taken from 2020-01-01T00:00:00Z, "));
  EXPECT_THAT(end.out, HasSubstr(" days ago"));
  EXPECT_THAT(end.out, HasSubstr("entries are taken until 2999-01-01T00:00:00Z, in "));
  EXPECT_THAT(end.out, HasSubstr("a team may hand in 3 a day, of UTC"));
  EXPECT_THAT(end.out, HasSubstr("energies within 1 % are called equal"));
  EXPECT_THAT(end.out, HasSubstr("\nno problems\n"));
}

TEST_F(CompetitionCheck, NamesEnvironmentsThatAreMissingHereAndTheTimeOfAnEntry) {
  const ProgramEnd end = check_with([](nlohmann::json& json) {
    json["environments"] = {"no-such-place", "host"};
  });
  EXPECT_EQ(end.status, 0) << end.out << end.err;
  EXPECT_THAT(end.out, HasSubstr("note          on this machine: "));
  EXPECT_THAT(end.out, HasSubstr("no-such-place"));
  EXPECT_THAT(end.out, testing::ContainsRegex("time +about [0-9a-z ]+ for all blocks of an entry"));
  EXPECT_THAT(check_with([](nlohmann::json&) {}).out, Not(HasSubstr("no-such-place")));
}

TEST_F(CompetitionCheck, AFloorThatNobodyCanMeetIsAProblem) {
  const ProgramEnd end = check_with([](nlohmann::json& json) {
    json["tracks"][0]["ranking"] = {{"rule", "floors"}, {"floors", {0.9, 0.999}}};
  });
  EXPECT_EQ(end.status, 1) << end.err;
  EXPECT_THAT(end.out, HasSubstr("floor 99.9 %  cannot be met"));
  EXPECT_THAT(end.out, HasSubstr("nobody can meet the floor of 99.9 %: all 360 answers right"));
}

TEST_F(CompetitionCheck, ABaselineOrDatasetThatIsNotThereHidesNoOtherTrack) {
  const ProgramEnd end = check_with(
      [](nlohmann::json& json) {
        nlohmann::json other = json["tracks"][0];
        other["id"] = "other";
        other["dataset"] = "no-such-data";
        other["baselines"] = {"no/such/entry"};
        json["tracks"].push_back(other);
      },
      {"--format", "json"});
  EXPECT_EQ(end.status, 1) << end.err;
  const auto result = nlohmann::json::parse(end.out);
  EXPECT_EQ(result["tracks"][0]["problems"].size(), 0U) << end.out;
  EXPECT_EQ(result["tracks"][0]["can_be_measured_here"], true);
  ASSERT_EQ(result["tracks"][1]["problems"].size(), 2U) << end.out;
  EXPECT_THAT(result["tracks"][1]["problems"][0], HasSubstr("there is no dataset 'no-such-data'"));
  EXPECT_THAT(result["tracks"][1]["problems"][1], HasSubstr("no/such/entry"));
}

}  // namespace
}  // namespace joulebench
