#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "test_paths.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kTrainingCompetition = R"({
  "format": "joulebench-competition/2", "id": "small",
  "tracks": [{"id": "learn", "dataset": "digits", "task": "train",
    "ranking": {"floors": [0.05, 0.99]},
    "protocol": {"blocks": 2, "idle_s": 0, "tail_s": 0.1},
    "limits": {"load_s": 20, "request_s": 20, "train_s": 20, "wall_s": 60, "memory_mb": 300, "processes": 16}}]
}
)";

// Learns the most frequent class, and has a look at it halfway.
constexpr const char* kLearner = R"(import os
def rows(path):
    with open(path, 'rb') as file:
        header = file.read(128).decode('latin1')
    return int(header.split('(')[1].split(',')[0])
ready()
for r in requests():
    if r['op'] == 'train':
        labels = open(r['labels'], 'rb').read()[128::4]
        best = max(range(10), key=labels.count)
        start = time.process_time()
        while time.process_time() - start < 0.05:
            pass
        with open('/jb/out/c', 'w') as file:
            file.write(('%d\n' % best) * rows(r['validation']))
        say('{"event":"checkpoint","predictions":"/jb/out/c"}')
        with open(r['model'] + '/class', 'w') as file:
            file.write(str(best))
        say('{"event":"done"}')
    else:
        answer(r, [open(os.environ['JOULEBENCH_MODEL'] + '/class').read()] * r['count'])
        done(r)
)";

class TrainingTrack : public SmallWorld {
 protected:
  TrainingTrack() { write_file_atomically(competition(), kTrainingCompetition); }
};

TEST_F(TrainingTrack, ARunSaysJoulesPerTraining) {
  const nlohmann::json result = run_entry(entry("learner", kLearner));
  EXPECT_EQ(result["outcome"], "valid") << result["message"];
  EXPECT_GT(result["joules_per_training"].get<double>(), 0.4) << "50 ms of CPU at 10 W";
  EXPECT_FALSE(result.contains("joules_per_sample"));
  EXPECT_NEAR(result["accuracy"].get<double>(), 0.1, 0.05);
}

TEST_F(TrainingTrack, CheckTriesBothOfItsStarts) {
  const ProgramEnd end = joulebench({"submission", "check", entry("learner", kLearner),
                                     "--competition", competition(), "--quiet"});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_EQ(end.out,
            "learner\n"
            "  ok    starts and says ready\n"
            "  ok    trains on at most 1000 samples and says done\n"
            "  ok    is silent and at rest when it has trained\n"
            "  ok    reported 1 checkpoints, each a class for each of 144 validation samples\n"
            "  ok    exits with 0 when asked to\n"
            "  ok    left a model in /jb/model that can be carried on\n"
            "  ok    starts again with its model alone and says ready\n"
            "  ok    answers a request of 360 samples\n"
            "  ok    exits with 0 again\n");
}

TEST_F(TrainingTrack, TheReferenceEntriesPass) {
  const fs::path root = JOULEBENCH_SOURCE_DIR;
  const std::string checkpoints = " checkpoints, each a class for each of 144 validation samples";
  const std::string model = "left a model in /jb/model";
  for (const auto& [name, shown] :
       std::map<std::string, std::string>{{"learning-logistic-regression", checkpoints},
                                          {"learning-network", checkpoints},
                                          {"learning-network-augmented", checkpoints},
                                          {"learning-decision-tree", model},
                                          {"learning-k-nearest-neighbours", model}}) {
    const ProgramEnd end = joulebench(
        {"submission", "check", root / "submissions/reference" / name, "--competition",
         root / "competitions/digits/competition.json", "--track", "digits-training", "--quiet"},
        100);
    EXPECT_EQ(end.status, 0) << name << "\n" << end.out << end.err;
    EXPECT_THAT(end.out, HasSubstr(shown)) << name;
  }
}

TEST_F(TrainingTrack, CheckSaysWhatIsWrongWithTheModel) {
  const ProgramEnd end = joulebench(
      {"submission", "check",
       entry("empty", "ready()\nfor r in requests():\n    say('{\"event\":\"done\"}')\n"),
       "--competition", competition(), "--quiet"});
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.out, HasSubstr("  FAIL  left a model in /jb/model that can be carried on\n"
                                 "        output: the model cannot be carried on: there is no file "
                                 "in /jb/model\n"));
}

TEST_F(TrainingTrack, TheBuildStepSeesNoData) {
  const fs::path path = entry("builder", kLearner);
  write_file_atomically(path / "submission.json", R"({"format": "joulebench-submission/1",
      "name": "builder", "command": ["python3", "program.py"],
      "build": [["sh", "-c", "test ! -e /jb/public && test -z \"$JOULEBENCH_PUBLIC\""]]})");
  const nlohmann::json result = run_entry(path);
  EXPECT_EQ(result["outcome"], "valid") << result["message"];
}

TEST_F(TrainingTrack, ACampaignGoesFromThePlanToTheFloors) {
  const fs::path learner = entry("learner", kLearner);
  auto words = evaluate({learner});
  words.push_back("--dry-run");
  const ProgramEnd plan = joulebench(words);
  EXPECT_EQ(plan.status, 0) << plan.err;
  // Two trainings of at most 20 s, 20 s to load, 0.5 s of tail and 0.6 s around, are 82.2 s; one of
  // 20 is repeated; 2.5 s to begin and 0.2 s to score.
  EXPECT_THAT(plan.out,
              HasSubstr("track learn: 1 entries, 2 trainings each, at most 1 min 29 s for"));

  const ProgramEnd end = joulebench(evaluate({learner}));
  ASSERT_EQ(end.status, 0) << end.err;
  EXPECT_THAT(end.out, HasSubstr("J/training"));
  EXPECT_THAT(end.err, HasSubstr("learner: block 1 valid, trained in "));

  const ProgramEnd score = joulebench({"score", "--db", database(), "--explain", "learner"});
  EXPECT_EQ(score.status, 0) << score.err;
  EXPECT_THAT(score.out, HasSubstr("  5 %: reached by 2 of 2 blocks; geometric mean 0."));
  EXPECT_THAT(score.out, HasSubstr("  99 %: reached by 0 of 2 blocks; no figure\n"));

  // The checkpoints belong to what is verified.
  const ProgramEnd verified = joulebench({"board", "verify", "--db", database()});
  EXPECT_EQ(verified.status, 0) << verified.out;
  for (const auto& file : fs::recursive_directory_iterator(folder() / "board.records")) {
    if (file.path().filename() == "checkpoints.npy.gz") write_file_atomically(file.path(), "other");
  }
  const ProgramEnd altered = joulebench({"board", "verify", "--db", database()});
  EXPECT_EQ(altered.status, 1);
  EXPECT_THAT(altered.out, HasSubstr("checkpoints.npy.gz: it is no whole gzip file"));
  const ProgramEnd damaged = joulebench({"score", "--db", database()});
  EXPECT_EQ(damaged.status, 1);
  EXPECT_THAT(damaged.err, HasSubstr("its record cannot be scored"));
}

}  // namespace
}  // namespace joulebench
