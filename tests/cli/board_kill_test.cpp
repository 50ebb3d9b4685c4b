// Commands of a board, killed at random instants or without room on the disk: nothing is half done.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <random>

#include "leaderboard/store.h"
#include "tests/cli/small_world.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using SteadyClock = std::chrono::steady_clock;

void edit(const fs::path& database, const char* sql) {
  sqlite3* open = nullptr;
  ASSERT_EQ(sqlite3_open(database.c_str(), &open), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(open, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(open);
}

/// Whatever was left behind under a name of a moment.
std::vector<std::string> leftovers_below(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& one : fs::recursive_directory_iterator(folder)) {
    const std::string name = one.path().filename();
    if (name.starts_with("joulebench-new-")) found.push_back(one.path());
  }
  return found;
}

class KilledBoard : public SmallWorld {
 protected:
  void SetUp() override {
    ASSERT_EQ(joulebench(evaluate({honest_entry("a")}), 100).status, 0);
    ASSERT_EQ(run(words({"export", folder() / "out"})), 0);
    const unsigned seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    std::cout << "seed " << seed << "\n";
    random_.seed(seed);
  }

  std::vector<std::string> words(std::vector<std::string> more, const std::string& db = {}) const {
    more.insert(more.begin(), {JOULEBENCH_PROGRAM, "board"});
    more.insert(more.end(), {"--db", db.empty() ? database() : db});
    return more;
  }

  /// Exit status, or -1 when it was killed.
  int run(const std::vector<std::string>& all,
          std::chrono::microseconds kill_after = std::chrono::seconds(60)) const {
    return run_or_kill(all, {}, folder() / "output", kill_after).value_or(-1);
  }

  /// Kills a command again and again at random instants of its time. `prepare` makes the world anew
  /// before each, `check` looks at what is there after each; then the command must succeed.
  void kill_often(const std::vector<std::string>& all, const std::function<void()>& prepare,
                  const std::function<void()>& check, const std::function<void()>& check_done) {
    prepare();
    const auto start = SteadyClock::now();
    ASSERT_EQ(run(all), 0) << read_text_file(folder() / "output");
    const std::chrono::duration<double> whole = SteadyClock::now() - start;
    check_done();
    std::uniform_real_distribution<double> instant(0.0, whole.count());
    for (int i = 0; i < kills_wanted(6); ++i) {
      prepare();
      run(all, std::chrono::microseconds(static_cast<long>(instant(random_) * 1e6)));
      check();
      const int status = run(all);
      const std::string output = read_text_file(folder() / "output");
      EXPECT_TRUE(status == 0 || output.find("it is there already") != output.npos) << output;
      check_done();
      if (HasFailure()) return;
    }
  }

  static std::vector<std::string> problems_of(const std::string& db) {
    return fs::exists(db) ? Store::open_existing(db).verify() : std::vector<std::string>();
  }

  std::mt19937 random_;
};

TEST_F(KilledBoard, InIngestHasWholeRunsOrNone) {
  const fs::path there = folder() / "there";
  const std::string other = there / "other.db";
  kill_often(
      words({"ingest", folder() / "out"}, other),
      [&] {
        fs::remove_all(there);
        fs::create_directories(there);
      },
      [&] { EXPECT_THAT(problems_of(other), IsEmpty()); },
      [&] {
        EXPECT_THAT(problems_of(other), IsEmpty());
        EXPECT_EQ(run(words({"verify", "--scores"}, other)), 0);
        EXPECT_EQ(Store::open_existing(other).board("small", "digits").size(), 1U);
        EXPECT_THAT(leftovers_below(there), IsEmpty());
      });
}

TEST_F(KilledBoard, InBackupHasAWholeCopyOrNone) {
  const fs::path there = folder() / "there";
  const std::string copy = there / "copy" / "board.db";
  kill_often(
      words({"backup", there / "copy"}),
      [&] {
        fs::remove_all(there);
        fs::create_directories(there);
      },
      [&] {
        EXPECT_TRUE(!fs::exists(there / "copy") || run(words({"verify"}, copy)) == 0);
        EXPECT_THAT(problems_of(database()), IsEmpty());
      },
      [&] { EXPECT_EQ(run(words({"verify"}, copy)), 0); });
}

TEST_F(KilledBoard, InSignKeepsEveryHead) {
  const support::SshKey key(folder() / "key");
  const fs::path site = folder() / "site";
  const fs::path heads = site / "heads.jsonl";
  ASSERT_EQ(run(words({"site", site})), 0);
  ASSERT_EQ(run(words({"sign", site, "--key", key.file()})), 0);
  ASSERT_EQ(run(words({"withdraw", "a", "--reason", "asked for"})), 0);
  ASSERT_EQ(run(words({"site", site})), 0);
  const std::string before = read_text_file(heads);
  kill_often(
      words({"sign", site, "--key", key.file()}), [&] { write_file_atomically(heads, before); },
      [&] {
        const std::string now = read_text_file(heads);
        EXPECT_TRUE(now.starts_with(before) && now.ends_with("\n"));
      },
      [&] {
        EXPECT_TRUE(read_text_file(heads).starts_with(before));
        EXPECT_EQ(run(words({"verify", "--site", site})), 0) << read_text_file(folder() / "output");
      });
}

TEST_F(KilledBoard, InRebuildHasTheTablesAsTheyWereOrWhole) {
  const std::string received =
      Store(database()).received_at("small", std::string(64, 'a'), "2026-01-02T03:04:05.000Z");
  kill_often(
      words({"rebuild"}), [&] { edit(database(), "UPDATE runs SET message = 'all is well'"); },
      [&] { EXPECT_LE(problems_of(database()).size(), 1U); },
      [&] {
        EXPECT_THAT(problems_of(database()), IsEmpty());
        EXPECT_EQ(Store(database())
                      .received_at("small", std::string(64, 'a'), "2026-02-02T03:04:05.000Z"),
                  received)
            << "a receipt is lost";
      });
}

TEST_F(KilledBoard, OnAFullDiskChangesNothing) {
  // A limit on the size of files stands for the disk: writing past it fails the same way.
  const auto limited = [&](int kilobytes, const std::vector<std::string>& all) {
    std::string line = "trap '' XFSZ; ulimit -f " + std::to_string(kilobytes) + "; exec";
    for (const std::string& word : all) line += " '" + word + "'";
    return run_program({"/bin/bash", "-c", line});
  };
  edit(database(), "UPDATE runs SET message = 'all is well'");
  const ProgramEnd rebuilt = limited(40, words({"rebuild"}));
  EXPECT_EQ(rebuilt.status, 2) << rebuilt.out;
  EXPECT_THAT(rebuilt.err, HasSubstr("joulebench: cannot rebuild the board"));
  EXPECT_EQ(problems_of(database()).size(), 1U) << "as it was";
  ASSERT_EQ(run(words({"rebuild"})), 0);
  EXPECT_THAT(problems_of(database()), IsEmpty());

  const support::SshKey key(folder() / "key");
  const fs::path site = folder() / "site";
  ASSERT_EQ(run(words({"site", site})), 0);
  ASSERT_EQ(run(words({"sign", site, "--key", key.file()})), 0);
  const std::string before = read_text_file(site / "heads.jsonl");
  ASSERT_EQ(run(words({"withdraw", "a", "--reason", "asked for"})), 0);
  EXPECT_EQ(limited(4, words({"site", site})).status, 2);
  ASSERT_EQ(run(words({"site", site})), 0) << "once there is room";
  const ProgramEnd unsigned_end = limited(0, words({"sign", site, "--key", key.file()}));
  EXPECT_EQ(unsigned_end.status, 2) << unsigned_end.out;
  EXPECT_EQ(read_text_file(site / "heads.jsonl"), before);
  EXPECT_EQ(run(words({"sign", site, "--key", key.file()})), 0);
}

}  // namespace
}  // namespace joulebench
