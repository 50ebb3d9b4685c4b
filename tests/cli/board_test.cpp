#include <gmock/gmock.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "core/block_file.h"
#include "core/run_record.h"
#include "leaderboard/store.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Three entries, evaluated once: two that always answer 0 and one that crashes.
class BoardCommands : public SmallWorld {
 protected:
  void SetUp() override {
    write_file_atomically(competition(), competition_with(R"({"floors": [0.01]})"));
    const auto crash = entry("crash", "sys.stderr.write('<b>boom</b>\\n')\nsys.exit(7)\n");
    const ProgramEnd end = joulebench(evaluate({honest_entry("a"), honest_entry("b"), crash}), 100);
    ASSERT_EQ(end.status, 1) << end.err;
  }
  static std::string competition_with(const std::string& ranking) {
    return R"({"format": "joulebench-competition/2", "id": "small", "tracks": [{"id": "digits",
      "dataset": "digits", "ranking": )" +
           ranking + R"(,
      "protocol": {"blocks": 2, "min_block_s": 0.05, "idle_s": 0, "tail_s": 0.1},
      "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]})";
  }
  ProgramEnd board(std::vector<std::string> words) const {
    words.insert(words.begin(), "board");
    words.insert(words.end(), {"--db", database()});
    return joulebench(words);
  }
  StoredRun run_of(const std::string& name) const {
    for (const BoardEntry& entry : Store::open_existing(database()).board("small", "digits")) {
      if (entry.run.record.entry.name == name) return entry.run;
    }
    throw std::logic_error("no such entry");
  }
};

TEST_F(BoardCommands, ShowRankedAndFailedApart) {
  const ProgramEnd text = board({"show"});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, HasSubstr("MODELLED, not measured"));
  EXPECT_THAT(text.out, HasSubstr("crash: it failed (crash"));
  EXPECT_THAT(text.out, HasSubstr("| <b>boom</b>"));
  const auto json = nlohmann::json::parse(board({"show", "--format", "json"}).out);
  const auto& section = json["boards"][0]["sections"][0];
  EXPECT_EQ(section["class"], "modelled");
  EXPECT_EQ(section["categories"][0]["entries"].size(), 2U);
  EXPECT_EQ(json["boards"][0]["unranked"][0]["entry"], "crash");
}

TEST_F(BoardCommands, WriteASiteThatIsTheSameTwice) {
  ASSERT_EQ(board({"site", folder() / "one"}).status, 0);
  ASSERT_EQ(board({"site", folder() / "two"}).status, 0);
  int files = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder() / "one")) {
    // What is remembered of the files has their times.
    if (!file.is_regular_file() || file.path().filename() == ".joulebench-pages") continue;
    const fs::path other = folder() / "two" / fs::relative(file.path(), folder() / "one");
    EXPECT_EQ(read_text_file(file.path()), read_text_file(other)) << other;
    ++files;
  }
  EXPECT_GE(files, 2 + 3 + 3 * 3);
  const std::string index = read_text_file(folder() / "one" / "index.html");
  EXPECT_THAT(index, HasSubstr("&lt;b&gt;boom&lt;/b&gt;"));
  EXPECT_THAT(index, HasSubstr("Modelled, not measured."));
  const ProgramEnd shown = joulebench({"show", "crash", "--site", folder() / "one"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("entries/_/crash.html"));
  const ProgramEnd unknown = joulebench({"show", "crush", "--site", folder() / "one"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'crash'?"));
}

TEST_F(BoardCommands, ShowOpensAnEntryByNameOrIdAsItsPage) {
  const std::string page = folder() / "page.html";
  const std::string id = run_of("b").record.entry.id;
  for (const std::string& wanted : {std::string("b"), id.substr(0, 8)}) {
    const ProgramEnd shown =
        joulebench({"show", wanted, "--db", database(), "--output", page, "--format", "json"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    const auto json = nlohmann::json::parse(shown.out);
    EXPECT_EQ(json["entry_id"], id);
    EXPECT_THAT(json["notes"].dump(), HasSubstr("accuracy at least 1 %: place"));
    EXPECT_EQ(json["phases"].size(), 4U);
    EXPECT_EQ(json["phases"][2]["phase"], "measured");
    EXPECT_GT(json["phases"][2]["joules"], 0);
  }
  EXPECT_THAT(read_text_file(page), HasSubstr("<title>b"));
  const ProgramEnd unknown = joulebench({"show", "crsh", "--db", database()});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'crash'?"));
}

TEST_F(BoardCommands, ScoreAgainUnderAnotherRuleAndExplain) {
  write_file_atomically(competition(), competition_with(R"({"rule": "pareto"})"));
  const ProgramEnd again =
      joulebench({"score", "--db", database(), "--competition", competition()});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out, "3 runs scored from records\n");
  EXPECT_THAT(board({"show"}).out, HasSubstr("rule pareto/3"));
  const ProgramEnd why = joulebench({"score", "--db", database(), "--explain", "a"});
  EXPECT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("Wilson, n = 360 distinct samples, z = 1.959964 for 95 %"));
  EXPECT_THAT(why.out, HasSubstr("rank by pareto/3"));
  const ProgramEnd none = joulebench({"score", "--db", database(), "--explain", "nobody"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("joulebench board show lists them"));
}

TEST_F(BoardCommands, AnAlteredRecordLosesItsRankAndTheOthersKeepTheirs) {
  EXPECT_EQ(board({"verify"}).status, 0);
  const fs::path file = block_folder(run_of("a").folder, 1) / "predictions.npy";
  std::string bytes = read_block_file(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_block_file(file, bytes);
  const ProgramEnd checked = board({"verify"});
  EXPECT_EQ(checked.status, 1);
  EXPECT_THAT(checked.out, HasSubstr("predictions.npy.gz was altered"));
  // The same where answers are read for the score: of the one that was altered there is none.
  const ProgramEnd with_scores = board({"verify", "--scores"});
  EXPECT_EQ(with_scores.status, 1);
  EXPECT_THAT(with_scores.out, HasSubstr("predictions.npy.gz was altered"));
  EXPECT_THAT(with_scores.out, HasSubstr("2 scores computed again"));
  EXPECT_EQ(with_scores.out.substr(with_scores.out.find(" scores computed again\n") + 23),
            checked.out.substr(checked.out.find("altered\n") + 8));
  const ProgramEnd scored = joulebench({"score", "--db", database()});
  EXPECT_EQ(scored.status, 1);
  EXPECT_THAT(scored.err, HasSubstr("a: its record cannot be scored"));
  const auto json = nlohmann::json::parse(board({"show", "--format", "json"}).out);
  const auto& ranked = json["boards"][0]["sections"][0]["categories"][0]["entries"];
  ASSERT_EQ(ranked.size(), 1U);
  EXPECT_EQ(ranked[0]["entry"], "b");
}

TEST_F(BoardCommands, ARecordThatIsGoneOrOfAnUnknownVersionIsSaid) {
  const fs::path record = run_of("a").folder / "run.json";
  std::string text = read_text_file(record);
  text.replace(text.find("joulebench-run-record/2"), 23, "joulebench-run-record/9");
  write_file_atomically(record, text);
  fs::remove(run_of("b").folder / "run.json");
  const ProgramEnd scored = joulebench({"score", "--db", database()});
  EXPECT_EQ(scored.status, 1);
  EXPECT_THAT(scored.err, HasSubstr("a: its record cannot be scored"));
  EXPECT_THAT(scored.err, HasSubstr("b: its record cannot be scored"));
  EXPECT_THAT(board({"show"}).out, HasSubstr("no entry is ranked yet"));
}

TEST_F(BoardCommands, CompareDisqualifyAndRestore) {
  EXPECT_THAT(board({"compare", "a", "b"}).out,
              HasSubstr("accuracy does not differ significantly"));
  EXPECT_THAT(board({"compare", "a", "crash"}).out, HasSubstr("it failed (crash)"));
  const ProgramEnd typo = board({"compare", "a", "crsh"});
  EXPECT_EQ(typo.status, 2);
  EXPECT_THAT(typo.err, HasSubstr("did you mean 'crash'?"));
  EXPECT_EQ(board({"disqualify", "a", "--reason", "read the labels"}).status, 0);
  EXPECT_THAT(board({"show"}).out, HasSubstr(": read the labels"));
  EXPECT_EQ(board({"restore", "a", "--reason", "appeal"}).status, 0);
  EXPECT_THAT(board({"show"}).out, testing::Not(HasSubstr("read the labels")));
  EXPECT_THAT(board({"history"}).out, HasSubstr("\"decision\":\"disqualified\""));
  EXPECT_EQ(board({"withdraw", "crash", "--reason", "asked for"}).out,
            "crash on track digits is withdrawn\n");
  EXPECT_EQ(board({"restore", "crash", "--reason", "asked again"}).out,
            "crash on track digits is back as crash\n");
  const ProgramEnd accepted = board({"accept", "a", "--reason", "looked at it"});
  EXPECT_EQ(accepted.status, 2);
  EXPECT_THAT(accepted.err, HasSubstr("nothing holds this entry"));
  EXPECT_EQ(board({"verify"}).status, 0);
}

TEST_F(BoardCommands, ANameThatSeveralShareIsRefusedAndListed) {
  // A second entry of the name "a": other files, another id.
  fs::create_directories(folder() / "more");
  fs::rename(folder() / "a", folder() / "more" / "old-a");
  const auto second = entry("a",
                            "ready()\nfor r in requests():\n    answer(r, [1] * r['count'])\n"
                            "    done(r)\n");
  ASSERT_EQ(joulebench(evaluate({second}), 100).status, 0);
  const ProgramEnd refused = board({"withdraw", "a", "--reason", "asked for"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("several entries have this name"));
  EXPECT_THAT(refused.err, HasSubstr("'a' names 2 entries:"));
  EXPECT_THAT(refused.err, HasSubstr(run_of("a").record.entry.id.substr(0, 8) + "  a, team "));
  EXPECT_THAT(board({"show"}).out, testing::Not(HasSubstr("withdrawn")));
  EXPECT_EQ(board({"withdraw", run_of("a").record.entry.id.substr(0, 8), "--reason", "x"}).status,
            0);
  EXPECT_EQ(board({"withdraw", "a", "--team", "nobody", "--reason", "x"}).status, 2);
  EXPECT_EQ(board({"withdraw", "a", "--all", "--reason", "both"}).status, 0);
  const auto json = nlohmann::json::parse(board({"show", "--format", "json"}).out);
  const auto& ranked = json["boards"][0]["sections"][0]["categories"][0]["entries"];
  ASSERT_EQ(ranked.size(), 1U);
  EXPECT_EQ(ranked[0]["entry"], "b");
}

TEST_F(BoardCommands, VerifyComputesScoresAgainAndRebuildMakesTheTables) {
  const ProgramEnd whole = board({"verify", "--scores"});
  EXPECT_EQ(whole.status, 0) << whole.out;
  EXPECT_THAT(whole.out, HasSubstr("3 scores computed again\n"));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(other, "UPDATE runs SET message = 'all is well'", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(other);
  const ProgramEnd altered = board({"verify"});
  EXPECT_EQ(altered.status, 1);
  EXPECT_THAT(altered.out, HasSubstr("table runs: row 1, column message is \"all is well\""));
  EXPECT_EQ(board({"rebuild"}).status, 0);
  EXPECT_EQ(board({"verify"}).status, 0);
  const std::string head = Store::open_existing(database()).log().at(1).sha256;
  EXPECT_EQ(board({"verify", "--expect", head}).status, 0);
  EXPECT_EQ(board({"verify", "--expect", head.substr(0, 12)}).status, 0);
  const ProgramEnd other_head = board({"verify", "--expect", std::string(64, '0')});
  EXPECT_EQ(other_head.status, 1);
  EXPECT_THAT(other_head.out, HasSubstr("the history does not hold the head 000000"));
}

TEST(BoardCommand, OfADatabaseThatIsNotThereSaysWhatMakesIt) {
  const ProgramEnd end =
      run_program({JOULEBENCH_PROGRAM, "board", "show", "--db", "/nowhere/x.db"});
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err,
            "joulebench: cannot open the board's database\n"
            "  /nowhere/x.db: no such file\n"
            "  joulebench evaluate makes it\n");
}

}  // namespace
}  // namespace joulebench
