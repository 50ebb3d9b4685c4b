#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "leaderboard/store.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

using nlohmann::json;

class BadEntry : public SmallWorld {
 protected:
  void limit(const char* name, int value) const {
    json small = json::parse(read_text_file(competition()));
    small["tracks"][0]["limits"][name] = value;
    write_file_atomically(competition(), small.dump());
  }
};

TEST_F(BadEntry, GarbageWhereReadyWasExpected) {
  const json result = run_entry(entry("garbage", R"(
sys.stderr.write("loading went wrong\n")
say("{not json")
time.sleep(10)
)"));
  EXPECT_EQ(result.at("outcome"), "protocol");
  EXPECT_EQ(result.at("message"),
            R"(the program answered {not json, where {"event":"ready"} was expected)");
  EXPECT_THAT(result.at("log_tail").get<std::string>(), testing::HasSubstr("loading went wrong"));
}

TEST_F(BadEntry, ALineThatIsNoProtocolIsLogText) {
  const json result = run_entry(entry("chatty", R"(
print("hello from the model")
ready()
for r in requests():
    print("working")
    answer(r, [1] * r["count"])
    done(r)
)"));
  EXPECT_EQ(result.at("outcome"), "valid");
  EXPECT_EQ(result.at("blocks"), 2);
}

TEST_F(BadEntry, ExitsEarly) {
  const json result = run_entry(entry("early", "ready()\nnext(requests())\nsys.exit(3)\n"));
  EXPECT_EQ(result.at("outcome"), "crash");
  EXPECT_EQ(result.at("message"),
            R"(the program exited with 3, where {"event":"done","request":1} was expected)");
}

TEST_F(BadEntry, CrashesByASignal) {
  const json result =
      run_entry(entry("signal", "import os, signal\nready()\nnext(requests())\nos.abort()\n"));
  EXPECT_EQ(result.at("outcome"), "crash");
  EXPECT_EQ(
      result.at("message"),
      R"(the program ended by signal 6 (Aborted), where {"event":"done","request":1} was expected)");
}

TEST_F(BadEntry, Hangs) {
  limit("request_s", 2);
  const json result = run_entry(entry("hangs", "ready()\nnext(requests())\ntime.sleep(60)\n"));
  EXPECT_EQ(result.at("outcome"), "timeout");
  EXPECT_EQ(result.at("message"), R"(no {"event":"done","request":1} within 2 s)");
}

TEST_F(BadEntry, NeverGetsReady) {
  limit("load_s", 3);
  const json result = run_entry(entry("slow", "time.sleep(60)\n"));
  EXPECT_EQ(result.at("outcome"), "timeout");
  EXPECT_EQ(result.at("message"), R"(no {"event":"ready"} within 3 s)");
}

TEST_F(BadEntry, WritesTooFewPredictions) {
  const json result = run_entry(
      entry("few",
            "ready()\nfor r in requests():\n    answer(r, [0] * (r['count'] - 1))\n    done(r)\n"));
  EXPECT_EQ(result.at("outcome"), "predictions");
  EXPECT_EQ(result.at("message"), "/jb/out/1.npy: 359 predictions, where 360 were expected");
}

TEST_F(BadEntry, WritesAClassOutOfRange) {
  const json result = run_entry(entry("range", R"(
ready()
for r in requests():
    values = [0] * r["count"]
    values[17] = 10
    answer(r, values)
    done(r)
)"));
  EXPECT_EQ(result.at("outcome"), "predictions");
  EXPECT_EQ(result.at("message"),
            "/jb/out/1.npy: row 17: class 10 is out of range, 0 to 9 was expected");
}

TEST_F(BadEntry, WritesNoFileAtAll) {
  const json result = run_entry(entry("nofile", "ready()\nfor r in requests():\n    done(r)\n"));
  EXPECT_EQ(result.at("outcome"), "predictions");
  EXPECT_EQ(result.at("message"), "/jb/out/1.npy: no such file");
}

TEST_F(BadEntry, ABuildThatFailsShowsItsLastLines) {
  const auto path = honest_entry("build");
  write_file_atomically(path / "submission.json", R"({"format": "joulebench-submission/1",
      "name": "build", "build": [["sh", "-c", "echo no rule for model.o; exit 2"]],
      "command": ["python3", "program.py"]})");
  const json result = run_entry(path);
  EXPECT_EQ(result.at("outcome"), "build");
  EXPECT_THAT(result.at("message").get<std::string>(), testing::EndsWith("exited with 2"));
  EXPECT_THAT(result.at("log_tail").get<std::string>(), testing::HasSubstr("no rule for model.o"));
}

TEST_F(BadEntry, DoesNotKeepTheOthersFromTheBoard) {
  const auto good = honest_entry("good");
  const auto crash = entry("crash", "sys.exit(1)\n");
  const auto broken = folder() / "broken";
  std::filesystem::create_directory(broken);
  write_file_atomically(broken / "submission.json", "{");
  const ProgramEnd end = joulebench(evaluate({crash, broken, good}));
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.err, testing::HasSubstr("broken: not evaluated: a file is not JSON"));
  const auto board = Store::open_existing(database()).board("small", "digits");
  ASSERT_EQ(board.size(), 2U);
  EXPECT_EQ(board[0].run.record.entry.name, "crash");
  EXPECT_EQ(board[0].run.record.outcome, Outcome::crash);
  EXPECT_FALSE(board[0].score->joules_per_sample.has_value());
  EXPECT_EQ(board[1].run.record.entry.name, "good");
  EXPECT_EQ(board[1].run.record.outcome, Outcome::valid);
  EXPECT_EQ(board[1].score->blocks, 2);
  EXPECT_EQ(board[1].score->energy_class, EnergyClass::modelled);
  // 36 of the 360 hidden samples are zeros.
  EXPECT_DOUBLE_EQ(board[1].score->accuracy->value, 36 / 360.0);
}

TEST_F(BadEntry, ThatFillsTheScratchFolderIsTheOnlyOneThatCannotGoOn) {
  const auto scratch = folder() / "scratch";
  std::filesystem::create_directory(scratch);
  std::filesystem::permissions(folder(), std::filesystem::perms(0711));  // sandboxes' users pass
  const std::string mount = "mount -t tmpfs -o size=60m scratch \"$0\"";
  if (run_program({"/usr/bin/unshare", "--mount", "sh", "-c", mount, scratch}, {}, 20).status !=
      0) {
    GTEST_SKIP() << "a small scratch folder cannot be mounted here: it needs root";
  }
  const auto good = honest_entry("good");
  // One leaves more than its third of what is shared out, one more than there is at all.
  for (const auto& [name, bytes] : {std::pair{"filler", "40000000"}, {"flood", "90000000"}}) {
    write_file_atomically(honest_entry(name) / "submission.json",
                          std::string(R"({"format": "joulebench-submission/1", "name": ")") + name +
                              R"(", "command": ["python3", "program.py"],
      "build": [["sh", "-c", "head -c )" +
                              bytes + R"( /dev/zero > big; true"]]})");
  }
  limit("output_mb", 1000);
  std::vector<std::string> words = {
      "/usr/bin/unshare", "--mount", "sh", "-c", mount + " && exec \"$@\"", scratch,
      JOULEBENCH_PROGRAM};
  for (const std::string& word : evaluate({folder() / "filler", folder() / "flood", good}))
    words.push_back(word);
  words.insert(words.end(), {"--scratch", scratch});
  const ProgramEnd end = run_program(words, {{"JOULEBENCH_LOCK_FILE", folder() / "lock"}}, 60);
  EXPECT_EQ(end.status, 1) << end.err;
  EXPECT_THAT(end.err, testing::ContainsRegex(
                           "filler: the entry takes more than its share of the "
                           "scratch folder\n.*: 40[0-9.]+ MB, where at most [12][0-9.]+ MB"));
  EXPECT_THAT(end.err,
              testing::ContainsRegex("flood: cannot keep what a program wrote\n.*: No space"));
  const auto board = Store::open_existing(database()).board("small", "digits");
  ASSERT_EQ(board.size(), 3U);
  for (const auto& row : board) {
    EXPECT_EQ(row.run.record.outcome,
              row.run.record.entry.name == "good" ? Outcome::valid : Outcome::infrastructure)
        << row.run.record.entry.name;
  }
}

}  // namespace
}  // namespace joulebench
