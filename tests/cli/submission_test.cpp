#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "test_paths.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

class SubmissionCommand : public SmallWorld {
 protected:
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

}  // namespace
}  // namespace joulebench
