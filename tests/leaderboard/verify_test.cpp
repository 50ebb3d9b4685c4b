// A database editor changes one thing at a time: verify must find it and name it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/block_file.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "leaderboard/board.h"
#include "leaderboard/exchange.h"
#include "leaderboard/signed_heads.h"
#include "leaderboard/store.h"
#include "support/synthetic_record.h"
#include "test_paths.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kVerifiedAt = "2026-12-01T09:00:00.000Z";

/// A database file, spoken to past the store.
class Editor {
 public:
  explicit Editor(const fs::path& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &database_), SQLITE_OK);
    run("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
  }
  ~Editor() { sqlite3_close(database_); }
  void run(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(database_);
  }
  /// The first column of every row.
  std::vector<std::string> ask(const std::string& sql) {
    std::vector<std::string> values;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(database_);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      const unsigned char* text = sqlite3_column_text(statement, 0);
      values.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
    }
    sqlite3_finalize(statement);
    return values;
  }
  /// Edits with the triggers out of the way, and puts them back as they were.
  void run_past_triggers(const std::string& sql) {
    const auto names = ask("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    const auto texts = ask("SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
    for (const std::string& name : names) run("DROP TRIGGER " + name);
    run(sql);
    for (const std::string& text : texts) run(text);
  }

 private:
  sqlite3* database_ = nullptr;
};

/// The SQL that brings a database to a version.
std::string migration(int version) {
  const fs::path folder = fs::path(JOULEBENCH_SOURCE_DIR) / "leaderboard/migrations";
  for (const auto& file : fs::directory_iterator(folder)) {
    const std::string name = file.path().filename();
    if (name.starts_with("000" + std::to_string(version))) return read_text_file(file.path());
  }
  ADD_FAILURE() << "there is no version " << version;
  return {};
}

class StoreVerify : public ::testing::Test {
 protected:
  StoreVerify() {
    Store store(file());
    fill(store);
    take_in(store);
    EXPECT_THAT(store.verify(), IsEmpty());
  }
  void fill(Store& store) const {
    store.put_competition(competition("test"), kVerifiedAt);
    store.put_competition(competition("other"), kVerifiedAt);
    for (const char* name : {"tree", "forest"}) {
      const SyntheticRun run{.name = name};
      RunRecord record = make_record(run);
      const fs::path folder = folder_.path() / "board.records" / name;
      support::write_record(folder, record, run);
      const auto id = store.put_run(record, folder, kVerifiedAt);
      const Score score =
          score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                    {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
      store.put_score(id, score, "floors/1", "0.1.0", kVerifiedAt);
      store.decide(id, Decision::disqualified, "cheated", kVerifiedAt);
      store.decide(id, Decision::restored, "appeal", kVerifiedAt);
    }
    store.received_at("test", sha256_of_text("tree"), kVerifiedAt);
    store.put_refused("test", "digits", {{"odd", "no manifest"}, {"odder", "no file"}},
                      kVerifiedAt);
  }
  /// An accepted archive, and both kinds of requests about it.
  static void take_in(Store& store) {
    IntakeDecision upload{.competition = "test",
                          .upload = "tree.tar.gz",
                          .sha256 = sha256_of_text("archive"),
                          .received_at_utc = kVerifiedAt,
                          .accepted = true,
                          .team = "red",
                          .name = "tree",
                          .entry = sha256_of_text("taken in"),
                          .tracks = {"digits"}};
    store.put_intake(upload, kVerifiedAt);
    upload.kind = UploadKind::select;
    upload.sha256 = sha256_of_text("selection");
    store.put_intake(upload, kVerifiedAt);
    upload.kind = UploadKind::withdraw;
    upload.entries = {upload.entry};
    upload.sha256 = sha256_of_text("request");
    store.put_intake(upload, kVerifiedAt);
  }
  static Competition competition(const std::string& id) {
    return parse_competition(R"({"format": "joulebench-competition/2", "id": ")" + id +
                                 R"(", "tracks": [{"id": "digits", "dataset": "digits"}]})",
                             "test.json");
  }
  fs::path file() const { return folder_.path() / "board.db"; }

  /// The problems of a copy that was edited; of one that does not even open, that.
  std::vector<std::string> problems_after(const std::function<void(Editor&)>& edit) {
    const fs::path copy = folder_.path() / "copy.db";
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(copy.string() + suffix);
    Store(file()).copy_to(copy);
    {
      Editor editor(copy);
      edit(editor);
    }
    try {
      return Store::open_existing(copy).verify();
    } catch (const Error& error) {
      return {error.parts().where};
    }
  }

  // In memory where there is such a place: hundreds of copies need not reach a disk.
  TemporaryFolder folder_{"verify", fs::exists("/dev/shm") ? "/dev/shm" : ""};
};

TEST_F(StoreVerify, FindsAndNamesAChangeOfEachColumnOfEachTable) {
  Editor schema(file());
  int columns = 0;
  for (const std::string& table :
       schema.ask("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'log'")) {
    for (const std::string& column :
         schema.ask("SELECT name FROM pragma_table_info('" + table + "')")) {
      const std::string type = schema.ask("SELECT type FROM pragma_table_info('" + table +
                                          "') WHERE name = '" + column + "'")[0];
      const std::string value = type == "TEXT"      ? column + " || 'x'"
                                : type == "INTEGER" ? column + " + 1000"
                                                    : "coalesce(" + column + ", 0) + 1";
      const auto problems = problems_after([&](Editor& editor) {
        editor.run_past_triggers("UPDATE " + table + " SET " + column + " = " + value + " WHERE " +
                                 column + " = (SELECT max(" + column + ") FROM " + table + ") OR " +
                                 column + " IS NULL");
      });
      EXPECT_THAT(problems, ::testing::Contains(HasSubstr("table " + table + ": row")))
          << table << "." << column;
      ++columns;
    }
  }
  EXPECT_GE(columns, 45);
}

TEST_F(StoreVerify, FindsAChangeOfEachLineOfTheLog) {
  Editor schema(file());
  for (const std::string& number : schema.ask("SELECT number FROM log")) {
    for (const char* column : {"at_utc", "kind", "detail", "previous_sha256", "sha256"}) {
      const auto problems = problems_after([&](Editor& editor) {
        editor.run_past_triggers(std::string("UPDATE log SET ") + column + " = " + column +
                                 " || 'x' WHERE number = " + number);
      });
      EXPECT_THAT(problems, ::testing::Contains(HasSubstr("log: event")))
          << number << "." << column;
    }
    const auto problems = problems_after([&](Editor& editor) {
      editor.run_past_triggers("DELETE FROM log WHERE number = " + number);
    });
    EXPECT_THAT(problems, ::testing::Not(IsEmpty())) << number;
  }
}

TEST_F(StoreVerify, FindsAChangeOfEachFileOfARecord) {
  const Store store(file());
  for (const BoardEntry& entry : store.board("test", "digits")) {
    std::size_t files = 0;
    EXPECT_THAT(check_record(entry.run, files), IsEmpty());
    EXPECT_EQ(files, 1 + 2 * entry.run.record.blocks.size());
    int changed = 0;
    for (const auto& one : fs::recursive_directory_iterator(entry.run.folder)) {
      if (!one.is_regular_file()) continue;
      const std::string before = read_text_file(one.path());
      for (const std::string& after : {before + " ", before.substr(1), std::string()}) {
        write_file_atomically(one.path(), after);
        EXPECT_THAT(check_record(entry.run, files), ElementsAre(HasSubstr(one.path().string())));
      }
      fs::remove(one.path());
      // Which samples were right can be computed again: a board without it is whole.
      if (one.path().filename() != "right-answers.json") {
        EXPECT_THAT(check_record(entry.run, files), ElementsAre(HasSubstr(one.path().string())));
      }
      write_file_atomically(one.path(), before);
      ++changed;
    }
    EXPECT_EQ(changed, 2 + 2 * 3);
    EXPECT_THAT(check_record(entry.run, files), IsEmpty());
  }
}

TEST_F(StoreVerify, SaysThatARecordIsAheadOfTheBoardWhereACampaignWasInterrupted) {
  const Store store(file());
  const StoredRun run = store.board("test", "digits").front().run;
  const auto problems_with = [&run](const std::function<void(RunRecord&)>& change) {
    RunRecord now = run.record;
    BlockRecord next = now.blocks.back();
    next.number += 1;
    now.blocks.push_back(next);
    change(now);
    write_run_record(run.folder, now);
    std::size_t files = 0;
    return check_record(run, files);
  };
  const std::string file = (run.folder / "run.json").string();
  const std::string ahead =
      file +
      " has a block that the board does not tell of yet, behind those that it does; where "
      "joulebench evaluate was interrupted, the same call takes it up";
  EXPECT_THAT(problems_with([](RunRecord&) {}), ElementsAre(ahead));
  // Drift that was found with it took an earlier block's outcome.
  EXPECT_THAT(problems_with([](RunRecord& now) {
                now.blocks[0].outcome = Outcome::voided;
                now.flags.push_back({"drift", "block 1"});
              }),
              ElementsAre(ahead));
  // Whoever changes what the board has stored is not told to go on.
  const auto is_altered = ElementsAre(HasSubstr(file + " is not the one that was stored"));
  EXPECT_THAT(problems_with([](RunRecord& now) { now.blocks[0].samples += 1; }), is_altered);
  EXPECT_THAT(problems_with([](RunRecord& now) { now.entry.team = "others"; }), is_altered);
  EXPECT_THAT(problems_with([](RunRecord& now) { now.blocks.erase(now.blocks.begin()); }),
              is_altered);
}

TEST_F(StoreVerify, FindsRecordsThatChangedPlacesAndLinks) {
  const Store store(file());
  const std::vector<BoardEntry> entries = store.board("test", "digits");
  ASSERT_EQ(entries.size(), 2u);
  const StoredRun& run = entries[0].run;
  const fs::path aside = folder_.path() / "aside";
  const auto problems = [&run] {
    std::size_t files = 0;
    return check_record(run, files);
  };
  // Two records in each other's place.
  fs::rename(run.folder, aside);
  fs::rename(entries[1].run.folder, run.folder);
  EXPECT_THAT(problems(),
              ::testing::Contains(run.folder.string() +
                                  "/run.json is not the one that was stored; where joulebench "
                                  "evaluate was interrupted, the same call takes it "
                                  "up, else restore it from a copy"));
  fs::rename(run.folder, entries[1].run.folder);
  // A link to the very same files, of the folder and of each thing in it.
  fs::create_directory_symlink(aside, run.folder);
  EXPECT_THAT(problems(), ElementsAre(run.folder.string() + " is a link"));
  fs::remove(run.folder);
  fs::rename(aside, run.folder);
  std::vector<fs::path> inside;
  for (const auto& one : fs::recursive_directory_iterator(run.folder)) inside.push_back(one.path());
  EXPECT_EQ(inside.size(), 2 + 3 * 3u) << "run.json, right answers, three blocks with two files";
  for (const fs::path& one : inside) {
    fs::rename(one, aside);
    fs::create_symlink(aside, one);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr(one.string()))) << one;
    fs::remove(one);
    // Nobody writes to this pipe: reading it would wait for ever.
    ASSERT_EQ(::mkfifo(one.c_str(), 0600), 0);
    EXPECT_THAT(problems(), ElementsAre(HasSubstr(one.string()))) << one;
    fs::remove(one);
    fs::rename(aside, one);
  }
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(StoreVerify, FindsAChangeOfEachBitOfACompressedFile) {
  const Store store(file());
  const BoardEntry entry = store.board("test", "digits").front();
  for (const auto& [name, sha256] : block_files(entry.run.record.blocks.front())) {
    const fs::path path = block_folder(entry.run.folder, 1) / name;
    const fs::path packed = path.string() + ".gz";
    const std::string before = read_text_file(packed);
    for (std::size_t bit = 0; bit < 8 * before.size(); ++bit) {
      std::string after = before;
      after[bit / 8] = static_cast<char>(after[bit / 8] ^ (1 << bit % 8));
      write_file(packed, after);
      try {
        EXPECT_NE(sha256_of_text(read_block_file(path)), sha256) << name << ", bit " << bit;
      } catch (const Error& error) {
        EXPECT_THAT(error.parts().where, HasSubstr(packed.string()));
      }
    }
    write_file(packed, before);
    EXPECT_EQ(sha256_of_text(read_block_file(path)), sha256);
  }
}

TEST_F(StoreVerify, FindsRowsThatAreGoneAddedOrInAnotherOrder) {
  for (const char* table : {"competitions", "submissions", "runs", "blocks", "scores", "decisions",
                            "refused", "received", "intake", "withdrawn", "selected"}) {
    const auto gone = problems_after(
        [&](Editor& editor) { editor.run_past_triggers(std::string("DELETE FROM ") + table); });
    EXPECT_THAT(gone, ::testing::Contains(HasSubstr(std::string("table ") + table + ": row 1")))
        << table;
  }
  // The disqualification is made the newer one of the two decisions, so that it counts.
  const auto order = problems_after([](Editor& editor) {
    editor.run_past_triggers(
        "UPDATE decisions SET id = 100 WHERE id = 1; UPDATE decisions SET id = 1 WHERE id = 2; "
        "UPDATE decisions SET id = 2 WHERE id = 100");
  });
  EXPECT_THAT(order, ElementsAre("table decisions: row 1, column decision is \"restored\", the log "
                                 "tells of \"disqualified\""));
  const auto added = problems_after([](Editor& editor) {
    editor.run("INSERT INTO decisions VALUES (9, 1, 'accepted', 'fine', 'x', '2026')");
  });
  EXPECT_THAT(added, ElementsAre("table decisions: row 5 (\"9\") is not in the log"));
}

TEST_F(StoreVerify, FindsAChangeOfTheSchema) {
  for (const char* edit :
       {"DROP TRIGGER scores_stay", "DROP INDEX scores_by_run", "CREATE TABLE more (x)",
        "DROP TRIGGER runs_are_kept", "ALTER TABLE refused ADD COLUMN more TEXT",
        "DROP TABLE refused", "DROP TABLE received", "DROP TRIGGER intake_is_kept",
        "PRAGMA user_version = 2", "PRAGMA application_id = 7", "PRAGMA journal_mode = DELETE",
        // Names that look like SQLite's own.
        "CREATE TRIGGER sqlitex_hide AFTER INSERT ON decisions BEGIN DELETE FROM refused; END",
        "CREATE VIEW sqlite1 AS SELECT 1", "CREATE TABLE sqlitex (y)", "ANALYZE",
        "CREATE VIRTUAL TABLE sqlitev USING fts5(x)",
        // A view in place of a table, and a view or a trigger behind SQLite's back.
        "DROP TABLE received; CREATE VIEW received AS SELECT '' AS competition, '' AS entry, '' AS "
        "at_utc",
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_t', "
        "'runs', 0, 'CREATE TRIGGER sqlite_t AFTER UPDATE ON runs BEGIN SELECT 1; END')",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') "
        "WHERE name = 'refused'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'never edited', "
        "'edited') WHERE name = 'scores_stay'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM "
        "sqlite_schema WHERE name = 'withdrawn') WHERE name = 'received'",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'scores_by_run'",
        // What a strict table cannot hold.
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') "
        "WHERE name = 'competitions'; PRAGMA writable_schema = RESET; UPDATE competitions SET text "
        "= CAST(text AS BLOB); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || "
        "'STRICT' WHERE name = 'competitions'"}) {
    EXPECT_THAT(problems_after([&](Editor& editor) { editor.run(edit); }),
                ::testing::Not(IsEmpty()))
        << edit;
  }
}

TEST_F(StoreVerify, FindsAMigrationThatWouldHideEvents) {
  const auto problems = problems_after([&](Editor& editor) {
    // All that an event "migrate" tells, but for the disqualifications, with its place in the
    // chain.
    nlohmann::json tables;
    for (const char* table : {"submissions", "scores", "decisions", "refused"}) {
      tables[table] = nlohmann::json::array();
    }
    tables["competitions"] = nlohmann::json::array();
    tables["runs"] = nlohmann::json::array();
    const nlohmann::json detail = {{"from_version", 2}, {"tables", tables}};
    LogEvent event{.number = std::stoll(editor.ask("SELECT max(number) FROM log")[0]) + 1,
                   .at_utc = kVerifiedAt,
                   .kind = "migrate",
                   .detail = detail.dump()};
    event.previous_sha256 = editor.ask("SELECT sha256 FROM log ORDER BY number DESC LIMIT 1")[0];
    editor.run("INSERT INTO log VALUES (" + std::to_string(event.number) + ", '" + event.at_utc +
               "', 'migrate', '" + event.detail + "', '" + event.previous_sha256 + "', '" +
               chain_digest(event) + "')");
    editor.run_past_triggers(
        "DELETE FROM scores; DELETE FROM decisions; DELETE FROM refused; DELETE FROM intake; "
        "DELETE "
        "FROM withdrawn; DELETE FROM selected; DELETE FROM blocks; DELETE FROM runs; DELETE FROM "
        "submissions; DELETE FROM competitions");
  });
  EXPECT_THAT(problems,
              ElementsAre(HasSubstr("(migrate): event 1 before it is of no older version")));
}

/// SQLite's log file beside a database is a part of it until it is taken up.
TEST_F(StoreVerify, FindsWhatALogFileBesideTheDatabaseChanges) {
  const fs::path edited = folder_.path() / "edited.db";
  const fs::path newer = folder_.path() / "newer.db";
  for (const fs::path& copy : {edited, newer}) Store(file()).copy_to(copy);
  Editor editor(edited);
  editor.run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
  editor.run_past_triggers("UPDATE runs SET message = 'all is well' WHERE id = 1");
  const auto problems_beside = [&](const fs::path& database) {
    const fs::path copy = folder_.path() / "copy.db";  // while the editor has the file open
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(copy.string() + suffix);
    fs::copy_file(database, copy);
    fs::copy_file(edited.string() + "-wal", copy.string() + "-wal");
    try {
      return Store::open_existing(copy).verify();
    } catch (const Error& error) {
      return std::vector<std::string>{error.parts().where};
    }
  };
  EXPECT_THAT(problems_beside(edited),
              ElementsAre("table runs: row 1, column message is \"all is well\", the log tells of "
                          "\"\""));
  // Beside a database that went on: the pages of two moments are mixed.
  {
    Store store(newer);
    for (int i = 0; i < 50; ++i) store.received_at("test", std::to_string(i), kVerifiedAt);
  }
  EXPECT_THAT(problems_beside(newer), ::testing::Not(IsEmpty()));
}

/// The log goes back to an earlier moment and all is whole: a head that was kept shows it.
TEST_F(StoreVerify, AnEarlierStateIsShownByAHead) {
  const fs::path earlier = folder_.path() / "earlier.db";
  Store(file()).copy_to(earlier);
  Store store(file());
  store.received_at("test", "later", kVerifiedAt);
  const Store back = Store::open_existing(earlier);
  EXPECT_THAT(back.verify(), IsEmpty());
  EXPECT_THAT(missing_head(back.log(), store.head().sha256), HasSubstr("does not hold"));
  EXPECT_EQ(missing_head(store.log(), back.head().sha256), "");
}

TEST_F(StoreVerify, TriggersRefuseTheTricksThemselves) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
  for (const char* sql :
       {"UPDATE runs SET track = 'gone'", "DELETE FROM runs", "UPDATE scores SET rule = 'x'",
        "UPDATE decisions SET reason = 'x'", "DELETE FROM decisions", "DELETE FROM competitions",
        "UPDATE log SET kind = 'x'", "UPDATE intake SET accepted = 1", "DELETE FROM intake"}) {
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_CONSTRAINT) << sql;
  }
  sqlite3_close(database);
}

TEST_F(StoreVerify, RebuildMakesTheTablesFromTheLogAndTheRecords) {
  Editor(file()).run_past_triggers(
      "UPDATE runs SET track = 'gone'; DELETE FROM scores; UPDATE submissions SET team = 'x'; "
      "UPDATE runs SET record = replace(record, '10', '11')");
  Store store(file());
  EXPECT_THAT(store.verify(), ::testing::SizeIs(3)) << "runs, scores, submissions";
  const std::size_t events = store.log().size();
  store.rebuild();
  EXPECT_THAT(store.verify(), IsEmpty());
  EXPECT_EQ(store.log().size(), events);
  EXPECT_EQ(store.board("test", "digits").size(), 2u);
}

TEST_F(StoreVerify, RebuildMendsTheSchemaToo) {
  Editor(file()).run(
      "DROP TRIGGER scores_stay; DROP INDEX scores_by_run; CREATE TABLE \"more \"\"x\" (y); "
      "CREATE VIEW v AS SELECT 1; CREATE TABLE sqlitex (y); CREATE TRIGGER sqlitex_hide AFTER "
      "INSERT ON log BEGIN DELETE FROM refused; END; ANALYZE; CREATE TABLE n (x INTEGER PRIMARY "
      "KEY "
      "AUTOINCREMENT); CREATE VIRTUAL TABLE sqlitev USING fts5(x); ALTER TABLE refused ADD COLUMN "
      "more TEXT; DROP TABLE received; "
      "PRAGMA application_id = 0x4a424f41; PRAGMA journal_mode = DELETE");
  Store store(file());
  EXPECT_THAT(store.verify(), ::testing::Not(IsEmpty()));
  const std::string head = store.head().sha256;
  store.rebuild();
  EXPECT_THAT(store.verify(), IsEmpty());
  EXPECT_EQ(store.head().sha256, head);
}

TEST_F(StoreVerify, RebuildLosesNothingThatIsStoredMeanwhile) {
  Store store(file());
  const std::size_t before = store.log().size();
  constexpr int kEvents = 30;
  std::thread other([&] {
    Store mine(file());
    for (int i = 0; i < kEvents; ++i) mine.received_at("test", std::to_string(i), kVerifiedAt);
  });
  for (int i = 0; i < 10; ++i) store.rebuild();
  other.join();
  EXPECT_EQ(store.log().size(), before + kEvents);
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST_F(StoreVerify, RebuildWithoutARecordChangesNothing) {
  fs::remove(folder_.path() / "board.records" / "tree" / "run.json");
  Store store(file());
  EXPECT_THROW(store.rebuild(), Error);
  EXPECT_THAT(store.verify(), IsEmpty()) << "the table has the record";
  EXPECT_EQ(store.board("test", "digits").size(), 2u);
}

TEST_F(StoreVerify, ARecordThatGrewIsFollowed) {
  {
    Store store(file());
    const SyntheticRun run{.name = "tree", .joules_per_block = {10, 10, 10, 10}};
    RunRecord record = make_record(run);
    const fs::path folder = folder_.path() / "board.records" / "tree";
    fs::remove_all(folder);
    support::write_record(folder, record, run);
    store.put_run(record, folder, kVerifiedAt);
    EXPECT_THAT(store.verify(), IsEmpty());
    store.rebuild();
    EXPECT_THAT(store.verify(), IsEmpty());
  }
}

/// A database as an older version made it: the rows and the log of a newer one, in its tables.
class OlderVersion : public StoreVerify, public ::testing::WithParamInterface<int> {
 protected:
  /// Makes `old` of what `newer` holds, as far as that version had a place for it.
  static void make_old(const fs::path& old, const fs::path& newer) {
    Editor editor(old);
    for (int version = 1; version <= GetParam(); ++version) editor.run(migration(version));
    editor.run("PRAGMA user_version = " + std::to_string(GetParam()) +
               "; PRAGMA application_id = " + std::to_string(0x4a424f41));
    editor.run("PRAGMA journal_mode = WAL");
    editor.run("ATTACH '" + newer.string() + "' AS newer");
    for (const std::string& table :
         editor.ask("SELECT name FROM main.sqlite_schema WHERE type = 'table'")) {
      std::string columns;
      for (const std::string& name :
           editor.ask("SELECT name FROM pragma_table_info('" + table + "', 'main')")) {
        columns += (columns.empty() ? "" : ", ") + name;
      }
      editor.run("INSERT INTO main." + table + " (" + columns + ") SELECT " + columns +
                 " FROM newer." + table);
    }
  }
};

TEST_P(OlderVersion, WithDataIsMigrated) {
  const fs::path old = folder_.path() / "old.db";
  const fs::path newer = folder_.path() / "newer.db";
  constexpr int kFirstWithIntake = 5;
  {
    Store store(newer);
    fill(store);
    if (GetParam() >= kFirstWithIntake) take_in(store);
  }
  make_old(old, newer);
  const Store as_new(newer);
  Store store(old);
  EXPECT_THAT(store.verify(), IsEmpty());
  EXPECT_EQ(store.board("test", "digits").size(), 2u);
  EXPECT_EQ(store.withdrawn("test"), as_new.withdrawn("test"));
  EXPECT_EQ(store.selected("test"), as_new.selected("test"));
  EXPECT_EQ(store.received_at("test", sha256_of_text("tree"), "2027"), kVerifiedAt)
      << "receipts are kept";
  EXPECT_EQ(store.head().sha256, as_new.head().sha256) << "nothing had to be told again";
  store.rebuild();
  EXPECT_THAT(store.verify(), IsEmpty());
  EXPECT_EQ(store.received_at("test", sha256_of_text("tree"), "2027"), kVerifiedAt);
  EXPECT_EQ(store.board("test", "digits").size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(EachWithAFullLog, OlderVersion, ::testing::Values(3, 4, 5, 6));

TEST(SignedHeads, AreLinesThatAHistoryMustHold) {
  const std::vector<LogEvent> log = {{.number = 1, .sha256 = std::string(64, 'a')},
                                     {.number = 2, .sha256 = std::string(64, 'b')}};
  const SignedHead head{.number = 2,
                        .sha256 = std::string(64, 'b'),
                        .pages_sha256 = std::string(64, 'c'),
                        .at_utc = kVerifiedAt,
                        .signature = "-----\nsig\n"};
  EXPECT_EQ(signed_text(head),
            "joulebench head 2 " + std::string(64, 'b') + " pages " + std::string(64, 'c') + "\n");
  const std::vector<SignedHead> read =
      parse_heads(to_json_line(head) + "\n" + to_json_line(head) + "\n", "heads.jsonl");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].signature, head.signature);
  EXPECT_EQ(missing_head(log, read[0]), "");
  EXPECT_EQ(missing_head(log, SignedHead{.number = 3, .sha256 = head.sha256}),
            "event 3 was signed and is not in the history");
  EXPECT_EQ(missing_head(log, SignedHead{.number = 1, .sha256 = head.sha256}),
            "event 1 is aaaaaaaaaaaa, and bbbbbbbbbbbb was signed");
  EXPECT_EQ(missing_head(log, std::string(12, 'a')), "");
  EXPECT_THAT(missing_head(log, std::string(12, 'c')), HasSubstr("does not hold"));
  EXPECT_THAT(missing_head(log, std::string(3, 'a')), HasSubstr("at least 12 digits"));
  EXPECT_THROW(parse_heads("{}", "heads.jsonl"), Error);
}

/// A database as versions 1 and 2 made it, with a row in each table and the log that they wrote:
/// it has digests where later ones have all.
class OldestVersions : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(EachWithALogOfDigests, OldestVersions, ::testing::Values(1, 2));

TEST_P(OldestVersions, KeepWhatTheyHold) {
  const TemporaryFolder folder("migrate");
  const fs::path file = folder.path() / "board.db";
  const SyntheticRun run;
  RunRecord record = make_record(run);
  support::write_record(folder.path() / "r", record, run);
  const std::string text = to_json_text(record);
  const std::string competition =
      R"({"format": "joulebench-competition/1", "id": "test", "tracks": [{"id": "digits", )"
      R"("dataset": "digits"}]})";
  const auto quoted = [](std::string value) {
    for (std::size_t at = 0; (at = value.find('\'', at)) != value.npos; at += 2) {
      value.insert(at, "'");
    }
    return "'" + value + "'";
  };
  std::string previous;
  std::vector<std::string> log;
  const auto event = [&](const std::string& kind, const std::string& detail) {
    LogEvent one{.number = static_cast<std::int64_t>(log.size()) + 1,
                 .at_utc = kVerifiedAt,
                 .kind = kind,
                 .detail = detail,
                 .previous_sha256 = previous};
    previous = chain_digest(one);
    log.push_back("INSERT INTO log VALUES (" + std::to_string(one.number) + ", '" + kVerifiedAt +
                  "', " + quoted(kind) + ", " + quoted(detail) + ", " +
                  quoted(one.previous_sha256) + ", " + quoted(previous) + ")");
  };
  event("competition", R"({"competition":"test","sha256":")" + sha256_of_text(competition) + "\"}");
  event("run", R"({"run":1,"record_sha256":")" + sha256_of_text(text) + "\"}");
  event("state", R"({"run":1,"state":"disqualified","reason":"it's a cheat"})");
  {
    Editor editor(file);
    for (int version = 1; version <= GetParam(); ++version) editor.run(migration(version));
    editor.run("PRAGMA user_version = " + std::to_string(GetParam()) +
               "; PRAGMA application_id = " + std::to_string(0x4a424f41));
    if (GetParam() > 1) {
      editor.run("INSERT INTO refused VALUES ('test', 'digits', 'odd', 'no manifest', '2026')");
    }
    editor.run("INSERT INTO competitions VALUES ('test', " + quoted(sha256_of_text(competition)) +
               ", 'test.json', " + quoted(competition) + ", '2026')");
    editor.run("INSERT INTO submissions VALUES (" + quoted(record.entry.id) +
               ", 'tiny-tree', 'reference', '')");
    editor.run("INSERT INTO runs VALUES (1, 'test', 'digits', " + quoted(record.entry.id) +
               ", 'bench-1', 'valid', '', " + quoted(record.dataset_sha256) + ", " +
               quoted(record.started_at_utc) + ", 'r', " + quoted(text) + ", " +
               quoted(sha256_of_text(text)) + ")");
    editor.run("INSERT INTO states VALUES (1, 1, 'disqualified', 'it''s a cheat', '2026-01-02')");
    for (const BlockRecord& block : record.blocks) {
      editor.run("INSERT INTO blocks VALUES (1, " + std::to_string(block.number) +
                 ", 'valid', 2, 20, 10.0, 10.0, " + quoted(block.predictions_sha256) + ", " +
                 quoted(block.trace_sha256) + ")");
    }
    for (const std::string& line : log) editor.run(line);
  }
  {
    Store store(file);
    EXPECT_THAT(store.verify(), IsEmpty());
    const auto board = store.board("test", "digits");
    ASSERT_EQ(board.size(), 1u);
    EXPECT_EQ(board[0].state, EntryState::disqualified);
    EXPECT_EQ(board[0].state_reason, "it's a cheat");
    EXPECT_EQ(store.refused("test", "digits").size(), GetParam() > 1 ? 1u : 0u);
    EXPECT_EQ(store.log().back().kind, "migrate");
    store.rebuild();
    EXPECT_THAT(store.verify(), IsEmpty());
  }
}

}  // namespace
}  // namespace joulebench
