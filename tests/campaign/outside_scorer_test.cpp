#include "campaign/outside_scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/digest.h"
#include "core/error.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using ::testing::HasSubstr;

Metric scorer(std::vector<std::string> command = {"python3", "score.py"}) {
  return {.name = "cost",
          .less_is_better = true,
          .is_share = false,
          .command = std::move(command),
          .folder = "scorer",
          .time_limit = Seconds(20),
          .memory_bytes = std::uint64_t{200} << 20};
}

TEST(ParseOutsideScore, TakesTheLastObject) {
  const OutsideScore score = parse_outside_score(
      "loading\n{\"score\": 1}\n{\"score\": 2.5, \"interval\": [2, 3]}\n", scorer());
  EXPECT_EQ(score.value->value, 2.5);
  EXPECT_EQ(score.value->interval->low, 2);
  EXPECT_EQ(score.value->interval->high, 3);
  EXPECT_EQ(parse_outside_score("{\"score\": -7}", scorer()).value->value, -7);
  EXPECT_FALSE(
      parse_outside_score("{\"score\": -7, \"interval\": null}", scorer()).value->interval);
}

TEST(ParseOutsideScore, SaysWhatIsWrongWithoutRepeatingIt) {
  const auto problem = [](const std::string& output) {
    const OutsideScore score = parse_outside_score(output, scorer());
    EXPECT_FALSE(score.value) << output;
    return score.problem;
  };
  EXPECT_EQ(problem(""), "the scorer printed no JSON object");
  EXPECT_EQ(problem("0.5\n"), "the scorer printed no JSON object");
  EXPECT_EQ(problem("{\"score\": NaN}\n"),
            "the scorer printed no JSON object (NaN and infinity are not JSON)");
  EXPECT_EQ(problem("{\"value\": 1}\n"), "the scorer's object has no \"score\"");
  EXPECT_EQ(problem("{\"score\": \"secret labels\"}\n"),
            "the scorer's \"score\" is a string, where a number was expected");
  EXPECT_EQ(problem("{\"score\": 1, \"interval\": [2]}\n"),
            "the scorer's \"interval\" is not a pair of numbers");
  EXPECT_EQ(problem("{\"score\": 1, \"interval\": [2, 3]}\n"),
            "the scorer's \"interval\", 2 to 3, does not hold its score, 1");
  Metric share = scorer();
  share.is_share = true;
  EXPECT_EQ(parse_outside_score("{\"score\": 50}", share).problem,
            "the scorer's \"score\" is 50, where a share from 0 to 1 was expected");
}

/// A program in a sandbox, with the record of a synthetic run.
class OutsideScorerInASandbox : public ::testing::Test {
 protected:
  OutsideScorerInASandbox() {
    joulebench::support::write_record(folder_.path() / "record", record_, run_);
    labelled_.hidden_labels = run_.labels;
    std::filesystem::create_directories(folder_.path() / "scorer");
  }
  OutsideScore score(const std::string& program) {
    write_file_atomically(folder_.path() / "scorer" / "score.py", program);
    SystemClock clock;
    const OutsideScorer outside(metric_, folder_.path() / "competition.json", {});
    const OutsideScore result =
        outside.score(record_, folder_.path() / "record", labelled_, clock, [] { return false; });
    EXPECT_EQ(result.scorer_sha256.size(), 64u);
    log_ = outside.log_tail();
    return result;
  }
  TemporaryFolder folder_{"outside"};
  joulebench::support::SyntheticRun run_;
  RunRecord record_ = joulebench::support::make_record(run_);
  LabelledDataset labelled_;
  Metric metric_ = scorer();
  std::string log_;
};

TEST_F(OutsideScorerInASandbox, IsFedLabelsAndEveryValidBlocksPredictions) {
  // Without NumPy: the elements stand behind a header of 10 bytes and its length.
  const OutsideScore result = score(R"(
import json, os, struct, sys
def read(path):
    data = open(path, "rb").read()
    start = 10 + data[8] + 256 * data[9]
    return struct.unpack("<%di" % ((len(data) - start) // 4), data[start:])
labels = read(sys.argv[1])
wrong = [p != labels[i % len(labels)] for f in sys.argv[2:] for i, p in enumerate(read(f))]
assert len(sys.argv) == 5 and os.path.basename(os.getcwd()) == "scorer"
print(json.dumps({"score": sum(wrong) / len(wrong)}))
)");
  EXPECT_EQ(result.problem, "") << log_;
  EXPECT_EQ(result.value->value, 0.1);
}

TEST_F(OutsideScorerInASandbox, ItsFailuresAreSaidInWordsAndItsLogIsOurs) {
  EXPECT_EQ(score("import sys\nsys.stderr.write('label 3\\n')\nsys.exit(3)\n").problem,
            "the scorer exited with 3");
  EXPECT_THAT(log_, HasSubstr("label 3"));
  EXPECT_EQ(score("import os\nos.kill(os.getpid(), 9)\n").problem, "the scorer ended by signal 9");
  EXPECT_EQ(score("print('{' * (2 << 20))\n").problem, "the scorer printed more than 1 MiB");
  metric_.time_limit = Seconds(1);
  EXPECT_EQ(score("import time\ntime.sleep(30)\n").problem, "the scorer did not end within 1 s");
}

TEST_F(OutsideScorerInASandbox, HasNoNetworkAndCannotChangeItsFiles) {
  EXPECT_EQ(score(R"(
import socket
for path in ("/jb/in/labels.npy", "/jb/scorer/score.py"):
    try:
        open(path, "ab")
        print("open")
    except OSError:
        pass
try:
    socket.socket()
except OSError:
    print('{"score": 1}')
)")
                .value->value,
            1);
}

TEST_F(OutsideScorerInASandbox, ItsDigestNamesItsFilesAndCommand) {
  const std::string one = score("print('{\"score\": 1}')\n").scorer_sha256;
  EXPECT_EQ(score("print('{\"score\": 1}')\n").scorer_sha256, one);
  EXPECT_NE(score("print('{\"score\": 2}')\n").scorer_sha256, one);
  metric_.command.push_back("--strict");
  EXPECT_NE(score("print('{\"score\": 1}')\n").scorer_sha256, one);
}

TEST_F(OutsideScorerInASandbox, AnAlteredRecordOrAMissingFolderIsAnError) {
  record_.blocks[0].predictions_sha256 = std::string(64, '0');
  EXPECT_THROW(score("print('{\"score\": 1}')\n"), Error);
  metric_.folder = "elsewhere";
  EXPECT_THROW(score("print('{\"score\": 1}')\n"), Error);
}

}  // namespace
}  // namespace joulebench
