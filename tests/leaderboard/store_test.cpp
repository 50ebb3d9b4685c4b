#include "leaderboard/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;
using ::testing::HasSubstr;

constexpr const char* kStoredAt = "2026-12-01T09:00:00.000Z";

Competition make_competition(const std::string& title = "Test") {
  return parse_competition(R"({"format": "joulebench-competition/2", "id": "test", "title": ")" +
                               title + R"(", "tracks": [{"id": "digits", "dataset": "digits"}]})",
                           "test.json");
}

Score score_of(const RunRecord& record, const SyntheticRun& run) {
  return score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                   {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
}

/// What someone with a database editor could do.
void run_sql(const std::filesystem::path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(Store, AnOutlineHasTheWholeRecordBesideIt) {
  const SyntheticRun run;
  RunRecord record = make_record(run);
  record.blocks[0].enforcement = {{"memory", "cgroup v2"}};
  Store store(":memory:");
  store.put_competition(make_competition(), kStoredAt);
  store.put_run(record, "/tmp/board.records/run-1", kStoredAt);
  const auto board = store.board("test", "digits", {}, RecordDetail::outline);
  ASSERT_EQ(board.size(), 1u);
  const RunRecord& outline = board[0].run.record;
  EXPECT_TRUE(outline.blocks.at(0).windows.empty());
  EXPECT_TRUE(outline.blocks.at(0).enforcement.empty());
  EXPECT_EQ(outline.blocks.at(0).energy.at(0).joules, record.blocks[0].energy.at(0).joules);
  EXPECT_EQ(outline.track.limits.memory_bytes, record.track.limits.memory_bytes);
  EXPECT_EQ(to_json_text(whole_record(board[0].run)), to_json_text(record));
}

TEST(Store, GivesBackWhatWasPut) {
  const TemporaryFolder folder("store-test");
  const SyntheticRun run;
  const RunRecord record = make_record(run);
  {
    Store store(folder.path() / "board.db");
    store.put_competition(make_competition(), kStoredAt);
    const auto id = store.put_run(record, folder.path() / "board.records" / "run-1", kStoredAt);
    store.put_score(id, score_of(record, run), "floors/1", "0.1.0", kStoredAt);
  }
  const Store store = Store::open_existing(folder.path() / "board.db");
  EXPECT_EQ(store.competition("test").title, "Test");
  const auto board = store.board("test", "digits");
  ASSERT_EQ(board.size(), 1u);
  EXPECT_EQ(to_json_text(board[0].run.record), to_json_text(record));
  EXPECT_EQ(board[0].run.folder,
            std::filesystem::canonical(folder.path()) / "board.records" / "run-1");
  EXPECT_EQ(board[0].rule, "floors/1");
  EXPECT_DOUBLE_EQ(board[0].score->joules_per_sample->value, 0.5);
  EXPECT_EQ(board[0].state, EntryState::valid);
  EXPECT_EQ(store.find_runs("test", "digits", record.entry.id).size(), 1u);
  EXPECT_TRUE(store.find_runs("test", "other", record.entry.id).empty());
}

TEST(Store, RepeatingAPutChangesNothing) {
  Store store(":memory:");
  const SyntheticRun run;
  const RunRecord record = make_record(run);
  for (int repeat = 0; repeat < 3; ++repeat) {
    store.put_competition(make_competition(), kStoredAt);
    const auto id = store.put_run(record, "/records/run-1", kStoredAt);
    store.put_score(id, score_of(record, run), "floors/1", "0.1.0", kStoredAt);
    store.decide(id, Decision::withdrawn, "asked for", kStoredAt);
  }
  EXPECT_EQ(store.board("test", "digits").size(), 1u);
  EXPECT_EQ(store.log().size(), 4u);
}

TEST(Store, ARunThatGrowsKeepsItsIdAndNeedsANewScore) {
  Store store(":memory:");
  store.put_competition(make_competition(), kStoredAt);
  const SyntheticRun run;
  RunRecord record = make_record(run);
  const auto id = store.put_run(record, "/records/run-1", kStoredAt);
  store.put_score(id, score_of(record, run), "floors/1", "0.1.0", kStoredAt);
  record.blocks.pop_back();
  EXPECT_EQ(store.put_run(record, "/records/run-1", kStoredAt), id);
  EXPECT_FALSE(store.board("test", "digits").at(0).score);
  store.put_score(id, score_of(record, run), "floors/1", "0.1.0", kStoredAt);
  EXPECT_EQ(store.board("test", "digits").at(0).score->blocks, 2);
}

TEST(Store, MovesWithItsRecords) {
  const TemporaryFolder folder("store-test");
  std::filesystem::create_directories(folder.path() / "here");
  {
    Store store(folder.path() / "here" / "board.db");
    store.put_competition(make_competition(), kStoredAt);
    store.put_run(make_record({}), folder.path() / "here" / "board.records" / "r", kStoredAt);
  }
  std::filesystem::rename(folder.path() / "here", folder.path() / "there");
  const Store store(folder.path() / "there" / "board.db");
  EXPECT_EQ(store.board("test", "digits").at(0).run.folder,
            std::filesystem::canonical(folder.path()) / "there" / "board.records" / "r");
}

TEST(Store, RefusesWhatIsNotItsFile) {
  const TemporaryFolder folder("store-test");
  EXPECT_THROW(Store::open_existing(folder.path() / "none.db"), Error);
  write_file_atomically(folder.path() / "text.db", "this is not a database at all, only text\n");
  EXPECT_THROW(Store{folder.path() / "text.db"}, Error);
  run_sql(folder.path() / "other.db", "CREATE TABLE photos (name TEXT)");
  try {
    Store store(folder.path() / "other.db");
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where, HasSubstr("an SQLite database of another program"));
  }
  { Store store(folder.path() / "board.db"); }
  run_sql(folder.path() / "board.db", "PRAGMA user_version = 99");
  try {
    Store store(folder.path() / "board.db");
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where, HasSubstr("it has version 99, this program knows up to"));
    EXPECT_EQ(error.parts().hint, "use a newer joulebench");
  }
}

TEST(Store, NamesTheCompetitionsItHolds) {
  Store store(":memory:");
  store.put_competition(make_competition(), kStoredAt);
  try {
    store.competition("tset");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().hint, "did you mean \"test\"? it holds: test");
  }
}

TEST(StoreLog, ShowsWhatWasAltered) {
  const TemporaryFolder folder("store-test");
  const auto file = folder.path() / "board.db";
  {
    Store store(file);
    store.put_competition(make_competition("one"), kStoredAt);
    store.put_competition(make_competition("two"), kStoredAt);
    store.put_competition(make_competition("three"), kStoredAt);
    EXPECT_EQ(store.log().size(), 3u);
    EXPECT_EQ(verify_chain(store.log()), "");
  }
  run_sql(file, "DROP TRIGGER log_stays; UPDATE log SET at_utc = '2025' WHERE number = 2");
  EXPECT_EQ(verify_chain(Store(file).log()), "event 2 was altered");
  run_sql(file, "DROP TRIGGER log_is_kept; DELETE FROM log WHERE number = 2");
  EXPECT_EQ(verify_chain(Store(file).log()), "event 2 is missing");
}

TEST(Store, RefusesAScoreThatNoMachineCanReach) {
  Store store(":memory:");
  store.put_competition(make_competition(), kStoredAt);
  const SyntheticRun run;
  const RunRecord record = make_record(run);
  const auto id = store.put_run(record, "/records/r", kStoredAt);
  Score score = score_of(record, run);
  for (const double joules : {-1.0, 0.0, 1e308, std::nan("")}) {
    score.joules_per_sample = Estimate{.value = joules};
    EXPECT_THROW(store.put_score(id, score, "floors/1", "0.1.0", kStoredAt), Error) << joules;
  }
}

}  // namespace
}  // namespace joulebench
