#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/json_file.h"
#include "core/run_record.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// `run` without --record: it measures anew into a folder of its own choice.
class RunAnew : public SmallWorld {
 protected:
  RunAnew() { fs::current_path(folder()); }
  ~RunAnew() override { fs::current_path("/"); }
  ProgramEnd run(const fs::path& entry) const {
    return joulebench({"run", entry, "--competition", competition(), "--meters", "model",
                       "--format", "json", "--quiet"});
  }
  static fs::path record_of(const ProgramEnd& end) {
    return nlohmann::json::parse(end.out).at("record").get<std::string>();
  }
};

TEST_F(RunAnew, AnEarlierRecordStaysWhileAnotherMeasurementHoldsTheMachine) {
  const fs::path entry = honest_entry("honest");
  const ProgramEnd first = run(entry);
  ASSERT_EQ(first.status, 0) << first.err;
  const std::string started = read_run_record(record_of(first)).started_at_utc;
  {
    const FileDescriptor lock = hold_lock();
    const ProgramEnd refused = run(entry);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("another measurement runs on this machine"));
  }
  EXPECT_EQ(read_run_record(record_of(first)).started_at_utc, started);
}

TEST_F(RunAnew, ANewRecordTakesTheEarlierOnesPlaceAndLeavesNothingBesideIt) {
  const fs::path entry = honest_entry("honest");
  const ProgramEnd first = run(entry);
  ASSERT_EQ(first.status, 0) << first.err;
  const std::string started = read_run_record(record_of(first)).started_at_utc;
  const ProgramEnd second = run(entry);
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(record_of(second), record_of(first));
  const RunRecord record = read_run_record(record_of(second));
  EXPECT_GT(record.started_at_utc, started);
  EXPECT_EQ(record.valid_blocks(), 2);
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome == Outcome::valid) read_block_predictions(record_of(second), block);
  }
  const auto records = fs::directory_iterator(record_of(second).parent_path());
  EXPECT_EQ(std::distance(fs::begin(records), fs::end(records)), 1);
}

TEST_F(RunAnew, WithItsBaselineInOneTable) {
  honest_entry("base");
  const fs::path mine = honest_entry("mine");
  nlohmann::json json = read_json_file(competition(), {});
  json["tracks"][0]["baselines"] = {"base"};
  write_json_file(competition(), json);
  const std::vector<std::string> words = {"run",      mine,    "--competition", competition(),
                                          "--meters", "model", "--baseline",    "--quiet"};
  const ProgramEnd text = joulebench(words);
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("meets none, and would not rank; "));
  EXPECT_THAT(text.out, ContainsRegex("CPU time +[0-9.]+ us per sample"));
  EXPECT_THAT(text.out, ContainsRegex("\n +mine +base +ratio\n  accuracy "));
  EXPECT_THAT(text.out, ContainsRegex("\n  time +[0-9.]+ us +[0-9.]+ us +[0-9.]+\n  CPU time "));
  EXPECT_THAT(text.out, ContainsRegex("\n  memory +[0-9.]+ MB "));
  EXPECT_THAT(text.out, HasSubstr("  rank      would not rank: "));
  EXPECT_THAT(text.out, ContainsRegex("mine (uses|and base) "));
  std::vector<std::string> as_json = words;
  as_json.insert(as_json.end(), {"--format", "json"});
  const auto result = nlohmann::json::parse(joulebench(as_json).out);
  EXPECT_EQ(result["entry"], "mine");
  EXPECT_EQ(result["baseline"]["entry"], "base");
  EXPECT_GT(result["energy_of_baseline"], 0);
  EXPECT_THAT(result["standing"][0], HasSubstr("would not rank: "));
  // Beside an earlier record of the same track.
  std::vector<std::string> with_earlier = words;
  with_earlier.insert(with_earlier.end(), {"--compare", result["record"]});
  const ProgramEnd earlier = joulebench(with_earlier);
  EXPECT_EQ(earlier.status, 0) << earlier.err;
  EXPECT_THAT(earlier.out, ContainsRegex("mine +base +ratio +earlier mine +ratio\n"));
  EXPECT_THAT(earlier.out, HasSubstr("the earlier run is of another session"));
  const ProgramEnd itself = joulebench({"run", folder() / "base", "--competition", competition(),
                                        "--meters", "model", "--baseline", "--quiet"});
  EXPECT_EQ(itself.status, 2);
  EXPECT_THAT(itself.err, HasSubstr("an entry is not compared with itself"));
}

class Show : public SmallWorld {};

TEST_F(Show, OpensARecordAsOnePageThatNeedsNoOtherFile) {
  const auto result = run_entry(honest_entry("honest"));
  const std::string record = result["record"];
  const std::string page = folder() / "page.html";
  const ProgramEnd end = joulebench({"show", record, "--output", page});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_THAT(end.out, HasSubstr("honest on track digits: valid\n"));
  EXPECT_THAT(end.out, HasSubstr("  page      " + page + "\n"));
  const std::string html = read_text_file(page);
  EXPECT_THAT(html, HasSubstr("<style>"));
  EXPECT_THAT(html, HasSubstr("data:text/csv;base64,"));
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, Not(ContainsRegex("(href|src)=\"[a-z./][^\"]*\\.(css|js|json|csv)\"")));
  EXPECT_THAT(joulebench({"show", folder()}).err, HasSubstr("run.json"));
}

TEST_F(Show, UsesTheScoreBesideTheRecordWhereTheLabelsAreNotHere) {
  const auto result = run_entry(honest_entry("honest"));
  const fs::path record = result["record"].get<std::string>();
  nlohmann::json run = read_json_file(record / "run.json", {});
  run["dataset_sha256"] = std::string(64, 'a');
  write_json_file(record / "run.json", run);
  const ProgramEnd end =
      joulebench({"show", record, "--output", folder() / "page.html", "--format", "json"});
  EXPECT_EQ(end.status, 0) << end.err;
  const auto shown = nlohmann::json::parse(end.out);
  EXPECT_EQ(shown["accuracy"], result["accuracy"]);
  EXPECT_THAT(shown["notes"].dump(), HasSubstr("the one that `run` left"));
}

}  // namespace
}  // namespace joulebench
