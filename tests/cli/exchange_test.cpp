#include <gmock/gmock.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "core/block_file.h"
#include "core/digest.h"
#include "core/run_record.h"
#include "leaderboard/right_answers.h"
#include "leaderboard/store.h"
#include "tests/cli/small_world.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A board of one entry that answers and one that crashes, and one that cannot be read.
class BoardExchange : public SmallWorld {
 protected:
  void SetUp() override {
    write_file_atomically(competition(), R"({"format": "joulebench-competition/2", "id": "small",
      "tracks": [{"id": "digits", "dataset": "digits", "ranking": {"floors": [0.01]},
      "protocol": {"blocks": 2, "min_block_s": 0.05, "idle_s": 0, "tail_s": 0.1},
      "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]})");
    fs::create_directories(folder() / "odd");
    write_file_atomically(folder() / "odd" / "submission.json", "{\"format\": 7}");
    const ProgramEnd end = joulebench(
        evaluate({honest_entry("a"), entry("crash", "sys.exit(7)\n"), folder() / "odd"}), 100);
    ASSERT_EQ(end.status, 1) << end.err;
    ASSERT_EQ(board({"disqualify", "crash", "--reason", "it crashes"}).status, 0);
  }
  ProgramEnd board(std::vector<std::string> words, const std::string& db = {}) const {
    words.insert(words.begin(), "board");
    words.insert(words.end(), {"--db", db.empty() ? database() : db});
    return joulebench(words);
  }
  ProgramEnd export_to(const fs::path& to) const { return board({"export", to}); }
  ProgramEnd ingest(const fs::path& from, const std::string& db) const {
    return board({"ingest", from}, db);
  }
  nlohmann::json shown(const std::string& db) const {
    nlohmann::json json = nlohmann::json::parse(board({"show", "--format", "json"}, db).out);
    json["boards"][0].erase("history");
    json["boards"][0].erase("refused");
    return json;
  }
  /// One more byte in a file, at its end.
  static void alter(const fs::path& file) {
    write_file_atomically(file, read_text_file(file) + " ");
  }
};

TEST_F(BoardExchange, WhatIsExportedIsIngestedAndVerifies) {
  const fs::path out = folder() / "out";
  const ProgramEnd exported = export_to(out);
  ASSERT_EQ(exported.status, 0) << exported.err;
  EXPECT_THAT(exported.out, HasSubstr("2 runs in "));
  EXPECT_EQ(export_to(out).status, 2) << "never over what is there";
  const std::string other = folder() / "elsewhere" / "other.db";
  fs::create_directories(folder() / "elsewhere");
  const ProgramEnd first = ingest(out, other);
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("2 runs added, 0 were here already"));
  EXPECT_THAT(board({"verify"}).out, HasSubstr(first.out.substr(first.out.find("head "), 5 + 64)));
  // Its records and scores are here, and wait for the organizer; what was disqualified stays so.
  const nlohmann::json here = shown(database())["boards"][0];
  nlohmann::json there = shown(other)["boards"][0];
  ASSERT_EQ(there["held"].size(), 1U);
  EXPECT_EQ(there["held"][0]["entry"], "a");
  EXPECT_EQ(there["held"][0]["evidence"][0]["name"], "ingested");
  EXPECT_TRUE(there["sections"].empty());
  EXPECT_EQ(there["entries"][0]["score"], here["entries"][0]["score"]) << "computed again";
  EXPECT_EQ(there["entries"][1]["state"], "disqualified");
  EXPECT_EQ(board({"verify", "--scores"}, other).status, 0);
  EXPECT_EQ(board({"accept", "a", "--reason", "their machine is known"}, other).out,
            "a on track digits is back as valid\n");
  there = shown(other)["boards"][0];
  EXPECT_EQ(there["sections"][0]["categories"][0]["entries"][0]["entry"], "a");
  const std::size_t events = Store::open_existing(other).log().size();
  EXPECT_THAT(ingest(out, other).out, HasSubstr("0 runs added, 2 were here already"));
  EXPECT_EQ(Store::open_existing(other).log().size(), events) << "a second time changes something";
  EXPECT_EQ(joulebench({"score", "--db", other}).status, 0) << "its records are whole";
}

TEST_F(BoardExchange, AScoreOfAnotherVersionIsSaidToBeOne) {
  const auto store_as = [&](const std::string& version, auto&& change) {
    Store store(database());
    const BoardEntry entry = store.board("small", "digits").at(0);
    Score score = *entry.score;
    change(score);
    store.put_score(entry.run.id, score, entry.rule, version, "2027-01-01T00:00:00.000Z");
  };
  store_as("0.0.9", [](Score& score) { score.flags.push_back({"of-old", "no longer made"}); });
  const ProgramEnd older = board({"verify", "--scores"});
  EXPECT_EQ(older.status, 0) << older.out;
  EXPECT_THAT(older.out, HasSubstr("a: joulebench 0.0.9 computed its score, this is "));
  EXPECT_THAT(older.out, HasSubstr(": its figures are the record's; its score's flags"));
  store_as("0.0.9", [](Score& score) { score.accuracy->value = 0.9999; });
  const ProgramEnd forged = board({"verify", "--scores"});
  EXPECT_EQ(forged.status, 1) << forged.out;
  EXPECT_THAT(forged.out, HasSubstr("its score's accuracy is 0.9999, and its record gives"));
  ASSERT_EQ(joulebench({"score", "--db", database()}).status, 0);
  EXPECT_EQ(board({"verify", "--scores"}).status, 0) << "a new score counts";
}

TEST_F(BoardExchange, RightAnswersThatAreNotTheRecordsAreNamed) {
  const BoardEntry entry = Store::open_existing(database()).board("small", "digits").at(0);
  const std::string& record = entry.run.record_sha256;
  Score forged;
  forged.answers = right_answers(entry.run.folder, record);
  ASSERT_TRUE(forged.answers);
  forged.answers->is_right[0] = !forged.answers->is_right[0];
  keep_right_answers(entry.run.folder, record, forged);  // with a digest that is right
  const ProgramEnd found = board({"verify", "--scores"});
  EXPECT_EQ(found.status, 1) << found.out;
  EXPECT_THAT(found.out, HasSubstr("right-answers.json is not what its record gives; "));
  ASSERT_EQ(joulebench({"score", "--db", database()}).status, 0);
  EXPECT_EQ(board({"verify", "--scores"}).status, 0);
}

TEST_F(BoardExchange, WhatIsDisqualifiedAtTheOriginLaterIsSoHereUntilTheOrganizerDecides) {
  const support::SshKey key(folder() / "key");
  write_file_atomically(folder() / "allowed", key.allowed_as("lab@example.org"));
  const std::string other = folder() / "other.db";
  const auto take = [&](const fs::path& out) {
    EXPECT_EQ(board({"export", out, "--key", key.file()}).status, 0);
    EXPECT_EQ(board({"ingest", out, "--allowed-signers", folder() / "allowed"}, other).status, 0);
    return shown(other)["boards"][0]["entries"][0]["state"].get<std::string>();
  };
  EXPECT_EQ(take(folder() / "first"), "valid");
  ASSERT_EQ(board({"disqualify", "a", "--reason", "it reads the answers"}).status, 0);
  EXPECT_EQ(take(folder() / "second"), "disqualified");
  ASSERT_EQ(board({"restore", "a", "--reason", "it does not"}, other).status, 0);
  EXPECT_EQ(take(folder() / "third"), "valid");
  EXPECT_EQ(board({"verify"}, other).status, 0);
}

TEST_F(BoardExchange, WhatAnAllowedKeySignedIsRankedAtOnce) {
  const support::SshKey key(folder() / "key");
  const support::SshKey other(folder() / "other-key");
  const fs::path out = folder() / "out";
  ASSERT_EQ(board({"export", out, "--key", key.file()}).status, 0);
  const auto allow = [&](const support::SshKey& whom) {
    write_file_atomically(folder() / "allowed", whom.allowed_as("lab@example.org"));
    return folder() / "allowed";
  };
  const auto sections_of = [&](const std::string& db) {
    return shown(db)["boards"][0]["sections"].size();
  };
  // A key that nobody allowed: held, and it is said.
  const std::string held = folder() / "held.db";
  const ProgramEnd unknown = board({"ingest", out, "--allowed-signers", allow(other)}, held);
  ASSERT_EQ(unknown.status, 0) << unknown.err;
  EXPECT_THAT(unknown.out, HasSubstr("which nobody is allowed: held until accepted"));
  EXPECT_EQ(sections_of(held), 0U);
  EXPECT_THAT(shown(held)["boards"][0]["held"][0]["evidence"][0]["detail"].get<std::string>(),
              HasSubstr("nobody is allowed to sign with the key that did, ED25519 SHA256:"));
  // The same again, allowed now.
  const ProgramEnd again = board({"ingest", out, "--allowed-signers", allow(key)}, held);
  EXPECT_THAT(again.out, HasSubstr("2 were here already, 2 of them held until now"));
  EXPECT_EQ(sections_of(held), 1U);
  const ProgramEnd third = board({"ingest", out}, held);
  EXPECT_THAT(third.out, HasSubstr("0 runs added, 2 were here already\n"));
  EXPECT_EQ(sections_of(held), 1U) << "what was signed stays so";
  EXPECT_EQ(board({"verify", "--scores"}, held).status, 0);
  EXPECT_EQ(board({"rebuild"}, held).status, 0);
  EXPECT_EQ(sections_of(held), 1U);
  const std::string at_once = folder() / "ranked.db";
  const ProgramEnd first = board({"ingest", out, "--allowed-signers", allow(key)}, at_once);
  EXPECT_THAT(first.out, HasSubstr("signed by lab@example.org with the key ED25519 SHA256:"));
  EXPECT_EQ(sections_of(at_once), 1U);
  const StoredRun run = Store::open_existing(at_once).board("small", "digits").at(0).run;
  EXPECT_EQ(run.origin_signer, "lab@example.org");
  // Who passes on what it got from elsewhere does not vouch for it.
  ASSERT_EQ(board({"export", folder() / "passed-on", "--key", other.file()}, at_once).status, 0);
  const std::string far = folder() / "far.db";
  ASSERT_EQ(
      board({"ingest", folder() / "passed-on", "--allowed-signers", allow(other)}, far).status, 0);
  EXPECT_EQ(sections_of(far), 0U);
  // A signature of something else is refused.
  write_file_atomically(out / "export.json", read_text_file(out / "export.json") + " ");
  const ProgramEnd altered = board({"ingest", out}, folder() / "none.db");
  EXPECT_EQ(altered.status, 2);
  EXPECT_THAT(altered.err, HasSubstr("export.sig: it is not the signature of export.json"));
}

TEST_F(BoardExchange, AnAlteredExportIsRefused) {
  const fs::path out = folder() / "out";
  ASSERT_EQ(export_to(out).status, 0);
  const std::string other = folder() / "other.db";
  const auto refusal = [&](const fs::path& copy) {
    const ProgramEnd end = ingest(copy, other);
    EXPECT_EQ(end.status, 2) << end.out;
    EXPECT_TRUE(!fs::exists(other) || Store::open_existing(other).competition_ids().empty());
    return end.err;
  };
  int number = 0;
  const auto copy = [&] {
    const fs::path path = folder() / ("copy-" + std::to_string(++number));
    fs::copy(out, path, fs::copy_options::recursive);
    return path;
  };
  const auto with_text = [&](const std::string& from, const std::string& to) {
    const fs::path path = copy();
    std::string text = read_text_file(path / "export.json");
    const auto at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    write_file_atomically(path / "export.json", text);
    return path;
  };
  // Which of the two is the one with blocks: that of "a", by name.
  fs::path altered = copy();
  const fs::path predictions = altered / "run-1" / "block-1" / "predictions.npy";
  write_block_file(predictions, read_block_file(predictions) + " ");
  EXPECT_THAT(refusal(altered), HasSubstr("predictions.npy: its SHA-256 differs"));
  altered = copy();
  alter(altered / "run-1" / "block-1" / "predictions.npy.gz");
  EXPECT_THAT(refusal(altered), HasSubstr("predictions.npy.gz: it is no whole gzip file"));
  altered = copy();
  fs::remove(altered / "run-1" / "block-2" / "trace.csv.gz");
  EXPECT_THAT(refusal(altered), HasSubstr("trace.csv.gz: no such file"));
  altered = copy();
  fs::remove(altered / "run-1" / "block-2" / "trace.csv.gz");
  fs::create_symlink("/etc/passwd", altered / "run-1" / "block-2" / "trace.csv.gz");
  EXPECT_THAT(refusal(altered), HasSubstr("trace.csv.gz: no such file")) << "no link is followed";
  altered = copy();
  alter(altered / "run-1" / "run.json");
  EXPECT_THAT(refusal(altered), HasSubstr("it was altered, or is of another run"));
  EXPECT_THAT(refusal(with_text("\"kind\":\"score\"", "\"kind\":\"scare\"")),
              HasSubstr("was altered"));
  EXPECT_THAT(refusal(with_text("it crashes", "it cheats")), HasSubstr("was altered"));
  EXPECT_THAT(refusal(with_text("\\\"blocks\\\": 2", "\\\"blocks\\\": 3")),
              HasSubstr("competition small was altered"));
  EXPECT_THAT(refusal(with_text("joulebench-export/3", "joulebench-export/9")),
              HasSubstr("this is no exported board"));
  altered = copy();
  write_file_atomically(altered / "export.json", "{\"format\": \"joulebench-export/3\"}");
  EXPECT_THAT(refusal(altered), HasSubstr("it cannot be read"));
  altered = copy();
  fs::remove(altered / "export.json");
  EXPECT_THAT(refusal(altered), HasSubstr("export.json"));
}

TEST_F(BoardExchange, AMadeUpExportIsCheckedAndHeld) {
  ASSERT_EQ(export_to(folder() / "out").status, 0);
  // Someone with an editor: the record changed and the whole log hashed anew.
  const auto made_up = [&](const std::string& name, auto&& change) {
    const fs::path path = folder() / name;
    fs::copy(folder() / "out", path, fs::copy_options::recursive);
    RunRecord record = read_run_record(path / "run-1");
    const std::string before = sha256_of_text(read_text_file(path / "run-1" / "run.json"));
    change(record);
    write_run_record(path / "run-1", record);
    const std::string after = sha256_of_text(read_text_file(path / "run-1" / "run.json"));
    auto document = nlohmann::json::parse(read_text_file(path / "export.json"));
    std::string previous;
    for (auto& event : document["log"]) {
      std::string detail = event["detail"];
      for (std::size_t at = 0; (at = detail.find(before, at)) != detail.npos;) {
        detail.replace(at, before.size(), after);
      }
      event["detail"] = detail;
      event["previous_sha256"] = previous;
      previous = chain_digest({.number = event["number"],
                               .at_utc = event["at_utc"],
                               .kind = event["kind"],
                               .detail = detail,
                               .previous_sha256 = previous});
      event["sha256"] = previous;
    }
    document.erase("sha256");
    document["sha256"] = sha256_of_text(document.dump());
    write_file_atomically(path / "export.json", document.dump());
    return path;
  };
  const std::string other = folder() / "other.db";
  const auto refusal = [&](const fs::path& path) {
    const ProgramEnd end = ingest(path, other);
    EXPECT_EQ(end.status, 2) << end.out;
    return end.err;
  };
  EXPECT_THAT(
      refusal(made_up("negative",
                      [](RunRecord& record) { record.blocks[0].energy[0].joules = Joules{-1}; })),
      HasSubstr("block 1: the energy of a domain is -1"));
  EXPECT_THAT(refusal(made_up("nothing",
                              [](RunRecord& record) {
                                for (DomainEnergy& energy : record.blocks[0].energy)
                                  energy.joules = Joules{0};
                              })),
              HasSubstr("block 1: its total energy is not positive"));
  EXPECT_THAT(
      refusal(made_up(
          "absurd", [](RunRecord& record) { record.blocks[0].energy[0].joules = Joules{1e308}; })),
      HasSubstr("the energy of a domain is 1e+308"));
  EXPECT_THAT(refusal(made_up(
                  "path", [](RunRecord& record) { record.entry.id = "../../../../etc/passwd"; })),
              HasSubstr("the entry's id is no SHA-256"));
  EXPECT_TRUE(!fs::exists(other) || Store::open_existing(other).competition_ids().empty());
  // A record that could be true comes in, and has no rank.
  const ProgramEnd end = ingest(made_up("frugal",
                                        [](RunRecord& record) {
                                          for (BlockRecord& block : record.blocks) {
                                            for (DomainEnergy& energy : block.energy) {
                                              energy.joules = Joules{1e-6};
                                            }
                                            for (WindowRecord& window : block.windows) {
                                              window.domains.clear();
                                            }
                                          }
                                        }),
                                other);
  ASSERT_EQ(end.status, 0) << end.err;
  const nlohmann::json board = shown(other)["boards"][0];
  EXPECT_TRUE(board["sections"].empty());
  EXPECT_EQ(board["held"].size(), 1U);
}

TEST_F(BoardExchange, ABoardWithAnotherRunOrVersionIsLeftAlone) {
  const fs::path out = folder() / "out";
  ASSERT_EQ(export_to(out).status, 0);
  fs::remove_all(folder() / "board.records");
  fs::remove(database());
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(database() + suffix);
  ASSERT_EQ(joulebench(evaluate({folder() / "a"}), 100).status, 0);
  const std::size_t events = Store::open_existing(database()).log().size();
  EXPECT_THAT(ingest(out, database()).err, HasSubstr("another run of this entry is on the board"));
  EXPECT_EQ(Store::open_existing(database()).log().size(), events);
}

TEST_F(BoardExchange, ADamagedBoardIsNotExported) {
  const auto entries = Store::open_existing(database()).board("small", "digits");
  const fs::path file = block_folder(entries.at(0).run.folder, 1) / "predictions.npy";
  write_block_file(file, read_block_file(file) + " ");
  const ProgramEnd end = export_to(folder() / "out");
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, HasSubstr("predictions.npy.gz: its SHA-256 differs"));
  EXPECT_FALSE(fs::exists(folder() / "out")) << "complete or absent";
}

TEST_F(BoardExchange, ABackupIsWholeWhileOthersWrite) {
  // Another process is in the middle of a transaction.
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE; DELETE FROM refused", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const fs::path out = folder() / "kept" / "backup";
  const ProgramEnd end = board({"backup", out});
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  ASSERT_EQ(end.status, 0) << end.err;
  EXPECT_THAT(end.out, HasSubstr("2 runs, checked"));
  EXPECT_EQ(shown(out / "board.db"), shown(database()));
  EXPECT_EQ(board({"verify"}, out / "board.db").status, 0);
  EXPECT_EQ(board({"backup", out}).status, 2) << "never over what is there";
}

TEST_F(BoardExchange, AFullDiskLeavesNothingHalf) {
  // A limit on the size of files stands for the disk: writing past it fails the same way.
  const auto limited = [&](const std::string& words, const std::string& db) {
    return run_program(
        {"/bin/bash", "-c",
         "trap '' XFSZ; ulimit -f 40; exec " JOULEBENCH_PROGRAM " board " + words + " --db " + db});
  };
  ASSERT_EQ(board({"disqualify", "a", "--reason", std::string(60'000, 'x')}).status, 0);
  ASSERT_EQ(export_to(folder() / "out").status, 0);
  ASSERT_GT(fs::file_size(folder() / "out" / "export.json"), 40u << 10);
  for (const char* command : {"export", "backup"}) {
    const fs::path out = folder() / "full" / command;
    const ProgramEnd end = limited(std::string(command) + " " + out.string(), database());
    EXPECT_EQ(end.status, 2) << command;
    EXPECT_THAT(end.err, HasSubstr("joulebench: cannot")) << command;
    EXPECT_FALSE(fs::exists(out)) << command;
    EXPECT_TRUE(fs::is_empty(folder() / "full")) << command << end.err;
  }
  const std::string other = folder() / "other.db";
  const ProgramEnd end = limited("ingest " + (folder() / "out").string(), other);
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, HasSubstr("joulebench: cannot"));
  EXPECT_TRUE(Store::open_existing(other).board("small", "digits").empty());
  EXPECT_THAT(ingest(folder() / "out", other).out, HasSubstr("2 runs added"))
      << "once there is room";
}

TEST_F(BoardExchange, EntriesThatCannotBeReadAreListedWithTheReason) {
  const auto refused =
      nlohmann::json::parse(board({"show", "--format", "json"}).out)["boards"][0]["refused"];
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0]["name"], "odd");
  EXPECT_THAT(refused[0]["reason"].get<std::string>(), HasSubstr("odd/submission.json: field"));
  EXPECT_THAT(refused[0]["reason"].get<std::string>(), ::testing::Not(HasSubstr(folder().string())))
      << "the host's folders are nobody's business";
  EXPECT_THAT(board({"show"}).out, HasSubstr("could not be read or measured:\n  odd\n"));
  ASSERT_EQ(board({"site", folder() / "site"}).status, 0);
  EXPECT_THAT(read_text_file(folder() / "site" / "index.html"),
              HasSubstr("Could not be read or measured"));
  // Mended, it is gone from there; the log remembers.
  fs::remove_all(folder() / "odd");
  ASSERT_EQ(joulebench(evaluate({folder() / "a"}), 100).status, 0);
  EXPECT_THAT(board({"show"}).out, ::testing::Not(HasSubstr("could not be read or measured")));
  EXPECT_THAT(board({"history"}).out, HasSubstr("refused"));
}

}  // namespace
}  // namespace joulebench
