#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

/// The small competition with a metric of its own, and carbon.
class MetricWorld : public SmallWorld {
 protected:
  void set_metric(const std::string& metric, const std::string& floors) {
    write_file_atomically(competition(),
                          R"({"format": "joulebench-competition/2", "id": "small", "carbon":
      {"grams_per_kwh": 360, "source": "the grid's operator", "year": 2025}, "tracks": [
      {"id": "digits", "dataset": "digits", "metric": )" +
                              metric + R"(, "ranking": {"floors": [)" + floors + R"(]},
      "protocol": {"blocks": 2, "min_block_s": 0.05, "idle_s": 0, "tail_s": 0.1},
      "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]})");
  }
  /// The same row of ten numbers for every sample, as a .npy file written by hand.
  std::filesystem::path rows_entry(const std::string& name, const std::string& row) {
    return entry(name, R"(
import struct
def table(request, row):
    head = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 10), }" % request["count"]
    head = head.encode().ljust(117) + b"\n"
    with open(request["predictions"], "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
        file.write(struct.pack("<10d", *row) * request["count"])
ready()
for r in requests():
    table(r, )" + row + R"()
    done(r)
)");
  }
  nlohmann::json board_of(const std::vector<std::filesystem::path>& entries, int status) {
    std::vector<std::string> words = evaluate(entries);
    words.insert(words.end(), {"--format", "json", "--quiet"});
    const ProgramEnd end = joulebench(words, 100);
    EXPECT_EQ(end.status, status) << end.err;
    return nlohmann::json::parse(end.out)["boards"][0];
  }
};

TEST_F(MetricWorld, ATrackRanksByProbabilities) {
  set_metric("\"log-loss\"", "2.4");
  const nlohmann::json board =
      board_of({rows_entry("even", "[0.1] * 10"), rows_entry("sums-to-two", "[0.2] * 10"),
                honest_entry("classes")},
               1);
  const auto& category = board["sections"][0]["categories"][0];
  EXPECT_EQ(category["title"], "log loss at most 2.4");
  ASSERT_EQ(category["entries"].size(), 1u);
  EXPECT_EQ(category["entries"][0]["entry"], "even");
  const auto& score = board["entries"][1]["score"];
  EXPECT_NEAR(score["metric_value"].get<double>(), 2.302585, 1e-6);  // ln 10
  // 360 g/kWh is 1e-4 g/J.
  EXPECT_NEAR(board["sections"][0]["figures"][0]["grams_co2e_per_million"].get<double>(),
              score["joules_per_sample"].get<double>() * 100, 1e-12);
  EXPECT_EQ(board["carbon"]["source"], "the grid's operator");
  std::map<std::string, std::string> reasons;
  for (const auto& one : board["unranked"]) reasons[one["entry"]] = one["reason"];
  EXPECT_THAT(reasons["sums-to-two"],
              HasSubstr("row 0: the probabilities sum to 2, where 1 ± 0.001 was expected"));
  EXPECT_THAT(reasons["classes"],
              HasSubstr("no .npy file, where a 2-D array of probabilities was expected"));
}

TEST_F(MetricWorld, CheckKnowsWhatTheTrackAsksFor) {
  set_metric("\"top-3\"", "0.1");
  const auto check = [&](const std::filesystem::path& entry) {
    return joulebench({"submission", "check", entry, "--competition", competition(), "--quiet"});
  };
  EXPECT_EQ(check(rows_entry("rows", "range(10)")).status, 0);
  const ProgramEnd refused = check(honest_entry("classes"));
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out, HasSubstr("where a 2-D array of scores was expected"));
}

TEST_F(MetricWorld, AMetricThatTheDatasetHasNotIsSaidBeforeAnythingRuns) {
  set_metric("\"rmse\"", "1");
  ProgramEnd end = joulebench(evaluate({honest_entry("a")}));
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, HasSubstr("rmse needs labels that are numbers, those of digits are"));
  set_metric("\"top-10\"", "0.1");
  end = joulebench(evaluate({honest_entry("a")}));
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, HasSubstr("top-10 is always 100 % of digits, which has 10 classes"));
  set_metric("\"acuracy\"", "0.1");
  end = joulebench(evaluate({honest_entry("a")}));
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, HasSubstr("did you mean \"accuracy\"?"));
}

TEST_F(MetricWorld, AProgramOfTheOrganizerScoresAndScoresAgain) {
  set_metric(R"({"name": "cost", "folder": "scorer", "command": ["python3", "score.py"]})", "0.1");
  EXPECT_THAT(joulebench(evaluate({honest_entry("a")})).err,
              HasSubstr("the program that scores the track is not there"));
  std::filesystem::create_directories(folder() / "scorer");
  const auto program = folder() / "scorer" / "score.py";
  write_file_atomically(program, "print('{\"score\": 0.25}')\n");
  const nlohmann::json board = board_of({honest_entry("a")}, 0);
  const auto& score = board["entries"][0]["score"];
  EXPECT_EQ(score["metric"], "cost");
  EXPECT_EQ(score["metric_value"], 0.25);
  const std::string digest = score["scorer_sha256"];
  EXPECT_EQ(digest.size(), 64u);

  write_file_atomically(program, "import sys\nsys.exit('label 3')\n");
  const ProgramEnd failed = joulebench({"score", "--db", database(), "--format", "json"});
  EXPECT_THAT(failed.err, HasSubstr("a: the scorer exited with 1"));
  EXPECT_THAT(failed.err, HasSubstr("| label 3")) << "for the organizer";
  const auto again = nlohmann::json::parse(failed.out)["scores"][0];
  EXPECT_EQ(again["unranked"][0], "its cost could not be computed: the scorer exited with 1");
  EXPECT_NE(again["scorer_sha256"], digest);
  EXPECT_THAT(
      joulebench({"board", "show", "--db", database()}).out,
      testing::AllOf(HasSubstr("the scorer exited with 1"), testing::Not(HasSubstr("label 3"))));
}

}  // namespace
}  // namespace joulebench
