#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/json_file.h"
#include "test_paths.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

class SubmissionCommand : public SmallWorld {
 protected:
  static std::string shipped_competition() {
    return std::string(JOULEBENCH_SOURCE_DIR) + "/competitions/digits/competition.json";
  }
  ProgramEnd check(const std::filesystem::path& path) const {
    return joulebench({"submission", "check", path, "--competition", competition(), "--quiet"}, 60);
  }
};

TEST_F(SubmissionCommand, InitWritesAnEntryThatPassesAndPackKeepsIt) {
  const std::string mine = folder() / "mine";
  const ProgramEnd init = joulebench({"submission", "init", mine});
  ASSERT_EQ(init.status, 0) << init.err;
  EXPECT_THAT(init.out, HasSubstr(mine + "/predict.py\n"));

  const ProgramEnd again = joulebench({"submission", "init", mine});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("there is something already"));

  const ProgramEnd pack =
      joulebench({"submission", "pack", mine, "--output", folder() / "mine.tar.gz"});
  ASSERT_EQ(pack.status, 0) << pack.err;
  // The template has to start NumPy, which the small world's memory and time are too small for.
  const ProgramEnd checked =
      joulebench({"submission", "check", folder() / "mine.tar.gz", "--quiet"}, 100);
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
  EXPECT_EQ(checked.out,
            "mine\n"
            "  ok    builds\n"
            "  ok    starts and says ready\n"
            "  ok    answers a request of 360 samples\n"
            "  ok    answers a request of one sample\n"
            "  ok    answers a request of 720 samples\n"
            "  ok    is silent and at rest until it is asked\n"
            "  ok    answers again after a pause\n"
            "  ok    exits with 0 when asked to\n");
}

// Each suits its track at the first try, on numbers of the organizer's too.
TEST_F(SubmissionCommand, InitWritesWhatSuitsTheTrack) {
  std::string csv = "a,b,y\n";
  for (int i = 0; i < 200; ++i) {
    csv += std::to_string(i % 7) + "," + std::to_string(i % 11) + "," +
           std::to_string(3.5 * (i % 7) - (i % 11) + 0.25 * (i % 3)) + "\n";
  }
  write_file_atomically(folder() / "y.csv", csv);
  const ProgramEnd made = joulebench({"competition", "init", folder() / "cup", "--csv",
                                      folder() / "y.csv", "--label", "y", "--label-numbers"});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("metric: rmse"));
  const std::string cup = folder() / "cup/competition.json";
  const ProgramEnd found = joulebench({"competition", "check", cup, "--meters", "model"}, 100);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("baselines     straight-line (runs)"));

  const std::string training = folder() / "training";
  const ProgramEnd init = joulebench({"submission", "init", training, "--competition",
                                      shipped_competition(), "--track", "digits-training"});
  ASSERT_EQ(init.status, 0) << init.err;
  EXPECT_EQ(read_json_file(training + "/submission.json", {})["tracks"],
            nlohmann::json({"digits-training"}));
  const ProgramEnd checked =
      joulebench({"submission", "check", training, "--competition", shipped_competition()}, 100);
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("  ok    trains on at most 1000 samples and says done\n"));
}

TEST_F(SubmissionCommand, TheFirstLineThatBreaksTheProtocolIsNamed) {
  const ProgramEnd end = check(entry("wrong", R"(print("a word for the log")
ready()
for r in requests():
    answer(r, [0] * r['count'])
    say('{"event":"finished"}')
)"));
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.out, HasSubstr("  ok    starts and says ready\n"
                                 "  FAIL  answers a request of 360 samples\n"
                                 "        protocol: the program answered {\"event\":\"finished\"}, "
                                 "where {\"event\":\"done\",\"request\":1} was expected\n"
                                 "        line 3 of its stdout\n"));
}

TEST_F(SubmissionCommand, AFixedNumberOfAnswersIsFound) {
  const ProgramEnd end = check(entry("fixed", R"(ready()
for r in requests():
    answer(r, [0] * 360)
    done(r)
)"));
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.out, HasSubstr("FAIL  answers a request of one sample\n        predictions: "));
  EXPECT_THAT(end.out, HasSubstr("more than the 1 predictions that were expected"));
}

// Of the kits: one entry, both scenarios.
TEST_F(SubmissionCommand, ATracksScenarioIsWhatIsTried) {
  const ProgramEnd checked = joulebench(
      {"submission", "check",
       std::filesystem::path(JOULEBENCH_SOURCE_DIR) / "submissions/reference/logistic-regression",
       "--track", "digits-stream", "--quiet"},
      100);
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_EQ(checked.out,
            "logistic-regression\n"
            "  ok    starts and says ready\n"
            "  ok    opens a stream of samples\n"
            "  ok    answers one sample\n"
            "  ok    answers 200 samples one after the other\n"
            "  ok    is silent and at rest until it is asked\n"
            "  ok    answers again after a pause\n"
            "  ok    ends the stream and exits with 0 when asked to\n");

  const ProgramEnd in_cpp = joulebench(
      {"submission", "check",
       std::filesystem::path(JOULEBENCH_SOURCE_DIR) / "submissions/reference/decision-tree",
       "--track", "digits-stream", "--quiet"},
      100);
  EXPECT_EQ(in_cpp.status, 0) << in_cpp.out << in_cpp.err;
  EXPECT_THAT(in_cpp.out, HasSubstr("  ok    answers 200 samples one after the other\n"));

  const ProgramEnd end = joulebench({"submission", "check", entry("off-by-one", R"(import struct
ready()
sys.stdin.buffer.readline()
say('{"event":"streaming"}')
while True:
    length, number = struct.unpack("<II", sys.stdin.buffer.read(8))
    sys.stdin.buffer.read(length)
    say('{"event":"answer","sample":%d,"class":0}' % (number - (number > 3)))
)"),
                                     "--track", "digits-stream", "--quiet"},
                                    60);
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.out, HasSubstr("  FAIL  answers 200 samples one after the other\n"
                                 "        protocol: the program answered "
                                 "{\"event\":\"answer\",\"sample\":3,\"class\":0}, where "
                                 "{\"event\":\"answer\",\"sample\":4,\"class\":...} was expected\n"
                                 "        line 6 of its stdout\n"));
}

TEST_F(SubmissionCommand, TriesEachTrackThatTheEntryNamesAndKnowsAMisspeltOne) {
  nlohmann::json json = read_json_file(competition(), {});
  for (const char* id : {"second", "third"}) {
    json["tracks"].push_back(json["tracks"][0]);
    json["tracks"].back()["id"] = id;
  }
  write_json_file(competition(), json);
  const std::filesystem::path entry = honest_entry("honest");
  nlohmann::json manifest = read_json_file(entry / "submission.json", {});
  manifest["tracks"] = {"third", "secnd", "digits"};
  write_json_file(entry / "submission.json", manifest);
  const ProgramEnd end =
      joulebench({"submission", "check", entry, "--competition", competition(), "--quiet"});
  EXPECT_EQ(end.status, 0) << end.out << end.err;
  EXPECT_THAT(end.out, HasSubstr("  track digits\n"));
  EXPECT_THAT(end.out, HasSubstr("  track third\n"));
  EXPECT_THAT(end.err, HasSubstr("the entry enters track 'secnd', which this competition does not "
                                 "have: did you mean 'second'?"));
  manifest["tracks"] = {"digit"};
  write_json_file(entry / "submission.json", manifest);
  const ProgramEnd none =
      joulebench({"submission", "check", entry, "--competition", competition(), "--quiet"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("did you mean 'digits'?"));
}

TEST_F(SubmissionCommand, InitPackAndExportPrintJson) {
  const auto printed = [this](std::vector<std::string> words) {
    words.insert(words.end(), {"--format", "json"});
    const ProgramEnd end = joulebench(words);
    EXPECT_EQ(end.status, 0) << end.err;
    return nlohmann::json::parse(end.out);
  };
  EXPECT_EQ(printed({"submission", "init", folder() / "mine"})["files"].size(), 4U);
  const auto packed =
      printed({"submission", "pack", folder() / "mine", "--output", folder() / "mine.tar.gz"});
  EXPECT_EQ(packed["entry"], "mine");
  EXPECT_EQ(packed["bytes"], std::filesystem::file_size(folder() / "mine.tar.gz"));
  EXPECT_EQ(printed({"dataset", "export", "digits", folder() / "public"})["public"], 1437);
  const auto plan = printed({"evaluate", competition(), folder() / "mine", "--db",
                             folder() / "b.db", "--meters", "model", "--dry-run", "--quiet"});
  EXPECT_EQ(plan["tracks"][0]["entries"][0]["entry"], "mine");
  EXPECT_EQ(plan["tracks"][0]["entries"][0]["blocks_left"], 2);
}

}  // namespace
}  // namespace joulebench
