// Commands of a board, killed at random instants or without room on the disk: nothing is half done.
#include <gmock/gmock.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <thread>

#include "leaderboard/store.h"
#include "tests/cli/small_world.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
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

/// A file system of its own that is soon full. Errors: a failed test.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& place) : place_(place) {
    fs::create_directories(place);
    EXPECT_EQ(::unshare(CLONE_NEWNS), 0);  // nobody else sees it
    EXPECT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    EXPECT_EQ(::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=16m"), 0) << place;
  }
  ~SmallDisk() { ::umount2(place_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// Leaves so many bytes free, in whole pages, until make_room().
  void leave(std::uintmax_t bytes) const {
    const std::uintmax_t available = fs::space(place_).available;
    if (available > bytes) write_file(filler(), std::string(available - bytes, 'x'));
  }
  void make_room() const { fs::remove(filler()); }

 private:
  fs::path filler() const { return place_ / "filler"; }
  fs::path place_;
};

/// What happens to a command in the middle of its work.
enum class Mishap { kill, full_disk };

class DisturbedBoard : public SmallWorld, public testing::WithParamInterface<Mishap> {
 protected:
  void SetUp() override {
    if (GetParam() == Mishap::full_disk) {
      if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) {
        GTEST_SKIP() << "a small disk needs root, who can mount one";
      }
      disk_.emplace(place());
    }
    fs::create_directories(place());
    ASSERT_EQ(joulebench(evaluate({honest_entry("a")}), 100).status, 0);
    ASSERT_EQ(run(words({"export", folder() / "out"})), 0);
    const unsigned seed = std::random_device()();
    RecordProperty("seed", std::to_string(seed));
    std::cout << "seed " << seed << "\n";
    random_.seed(seed);
  }
  void TearDown() override { disk_.reset(); }

  /// Where the disk can be full.
  fs::path place() const { return folder() / "place"; }

  std::vector<std::string> words(std::vector<std::string> more, const std::string& db = {}) const {
    more.insert(more.begin(), {JOULEBENCH_PROGRAM, "board"});
    more.insert(more.end(), {"--db", db.empty() ? database() : db});
    return more;
  }

  /// Exit status, or -1 when it was killed.
  int run(const std::vector<std::string>& all,
          std::chrono::microseconds kill_after = std::chrono::seconds(100)) const {
    return run_or_kill(all, {{"JOULEBENCH_LOCK_FILE", folder() / "lock"}}, folder() / "output",
                       kill_after)
        .value_or(-1);
  }
  std::string output() const { return read_text_file(folder() / "output"); }

  /// A command, and what surrounds it.
  struct Work {
    std::vector<std::string> all;
    std::function<void()> prepare;     // makes the world anew
    std::function<void()> check;       // looks at what is there after a mishap
    std::function<void()> check_done;  // and after the command succeeded
    int times = 6;                     // how often, where JOULEBENCH_KILLS does not say
  };

  /// How long a command takes, and how many bytes of the disk it has at most.
  struct Need {
    double seconds = 0;
    std::uintmax_t bytes = 0;
  };

  /// Disturbs a command again and again at a random instant of its time, or byte of what it writes;
  /// then it must succeed.
  void disturb_often(const Work& work) {
    work.prepare();
    const Need need = undisturbed(work.all);
    work.check_done();
    if (HasFailure()) return;
    int failed = 0;
    const int times = kills_wanted(work.times);
    for (int i = 0; i < times; ++i) {
      work.prepare();
      failed += run_disturbed(work.all, need, i == 0) == 0 ? 0 : 1;
      work.check();
      const int status = run(work.all);
      EXPECT_TRUE(status == 0 || output().find("it is there already") != std::string::npos)
          << output();
      work.check_done();
      if (HasFailure()) return;
    }
    std::cout << times << " mishaps, " << failed << " of them before the command was done\n";
    if (disk_) {
      EXPECT_GE(failed, 1) << "the first found no room at all";
    }
  }

  static std::vector<std::string> problems_of(const std::string& db) {
    std::error_code none;  // of a board that was killed before its first page there is nothing
    const bool is_begun = fs::exists(db) && fs::file_size(db, none) > 0;
    return is_begun ? Store::open_existing(db).verify() : std::vector<std::string>();
  }

 private:
  Need undisturbed(const std::vector<std::string>& all) const {
    const auto start = SteadyClock::now();
    const std::uintmax_t free = fs::space(place()).available;
    std::uintmax_t least = free;
    std::jthread watch([&](const std::stop_token& end) {
      while (!end.stop_requested()) {
        least = std::min(least, fs::space(place()).available);
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
    EXPECT_EQ(run(all), 0) << output();
    watch.request_stop();
    watch.join();
    const std::chrono::duration<double> whole = SteadyClock::now() - start;
    return {.seconds = whole.count(), .bytes = free - least};
  }

  int run_disturbed(const std::vector<std::string>& all, const Need& need, bool at_once) {
    const double part = at_once ? 0 : std::uniform_real_distribution<double>(0.0, 1.0)(random_);
    if (!disk_) {
      return run(all, std::chrono::microseconds(static_cast<long>(part * need.seconds * 1e6)));
    }
    constexpr double kPage = 4096;  // sometimes all of it has room
    disk_->leave(static_cast<std::uintmax_t>(part * (static_cast<double>(need.bytes) + kPage)));
    const int status = run(all);
    disk_->make_room();
    if (status == 0) return status;
    EXPECT_EQ(status, 2) << output();
    EXPECT_THAT(output(), testing::ContainsRegex("No space left on device|disk is full|disk I/O"));
    return status;
  }

  std::optional<SmallDisk> disk_;
  std::mt19937 random_;
};

INSTANTIATE_TEST_SUITE_P(Killed, DisturbedBoard, testing::Values(Mishap::kill));
INSTANTIATE_TEST_SUITE_P(FullDisk, DisturbedBoard, testing::Values(Mishap::full_disk));

TEST_P(DisturbedBoard, InIngestHasWholeRunsOrNone) {
  const fs::path there = place() / "there";
  const std::string other = there / "other.db";
  disturb_often({.all = words({"ingest", folder() / "out"}, other),
                 .prepare =
                     [&] {
                       fs::remove_all(there);
                       fs::create_directories(there);
                     },
                 .check = [&] { EXPECT_THAT(problems_of(other), IsEmpty()); },
                 .check_done =
                     [&] {
                       EXPECT_THAT(problems_of(other), IsEmpty());
                       EXPECT_EQ(run(words({"verify", "--scores"}, other)), 0);
                       EXPECT_EQ(Store::open_existing(other).board("small", "digits").size(), 1U);
                       EXPECT_THAT(leftovers_below(there), IsEmpty());
                     }});
}

TEST_P(DisturbedBoard, InBackupHasAWholeCopyOrNone) {
  const fs::path there = place() / "there";
  const std::string copy = there / "copy" / "board.db";
  disturb_often({.all = words({"backup", there / "copy"}),
                 .prepare =
                     [&] {
                       fs::remove_all(there);
                       fs::create_directories(there);
                     },
                 .check =
                     [&] {
                       EXPECT_TRUE(!fs::exists(there / "copy") ||
                                   run(words({"verify"}, copy)) == 0);
                       EXPECT_THAT(problems_of(database()), IsEmpty());
                     },
                 .check_done = [&] { EXPECT_EQ(run(words({"verify"}, copy)), 0); }});
}

TEST_P(DisturbedBoard, InSignKeepsEveryHead) {
  const support::SshKey key(folder() / "key");
  const fs::path site = place() / "site";
  const fs::path heads = site / "heads.jsonl";
  ASSERT_EQ(run(words({"site", site})), 0);
  ASSERT_EQ(run(words({"sign", site, "--key", key.file()})), 0);
  ASSERT_EQ(run(words({"withdraw", "a", "--reason", "asked for"})), 0);
  ASSERT_EQ(run(words({"site", site})), 0);
  const std::string before = read_text_file(heads);
  disturb_often({.all = words({"sign", site, "--key", key.file()}),
                 .prepare = [&] { write_file_atomically(heads, before); },
                 .check =
                     [&] {
                       const std::string now = read_text_file(heads);
                       EXPECT_TRUE(now.starts_with(before) && now.ends_with("\n"));
                     },
                 .check_done =
                     [&] {
                       EXPECT_TRUE(read_text_file(heads).starts_with(before));
                       EXPECT_EQ(run(words({"verify", "--site", site})), 0) << output();
                     }});
}

TEST_P(DisturbedBoard, InSiteCanBeWrittenAgain) {
  const fs::path site = place() / "site";
  disturb_often({.all = words({"site", site}),
                 .prepare = [&] { fs::remove_all(site); },
                 .check =
                     [&] {
                       if (!fs::exists(site)) return;
                       for (const auto& page : fs::recursive_directory_iterator(site)) {
                         if (page.path().extension() != ".html") continue;
                         EXPECT_TRUE(read_text_file(page.path()).ends_with("</html>\n"))
                             << page.path() << " is half a page";
                       }
                     },
                 .check_done =
                     [&] {
                       EXPECT_EQ(run(words({"verify", "--site", site})), 0);
                     },
                 .times = 2});
}

TEST_P(DisturbedBoard, InRebuildHasTheTablesAsTheyWereOrWhole) {
  const std::string board = place() / "board.db";
  fs::copy(fs::path(database()).replace_extension(".records"),
           fs::path(board).replace_extension(".records"), fs::copy_options::recursive);
  Store(database()).copy_to(board);
  const std::string received =
      Store(board).received_at("small", std::string(64, 'a'), "2026-01-02T03:04:05.000Z");
  disturb_often({.all = words({"rebuild"}, board),
                 .prepare = [&] { edit(board, "UPDATE runs SET message = 'all is well'"); },
                 .check = [&] { EXPECT_LE(problems_of(board).size(), 1U); },
                 .check_done =
                     [&] {
                       EXPECT_THAT(problems_of(board), IsEmpty());
                       EXPECT_EQ(Store(board).received_at("small", std::string(64, 'a'),
                                                          "2026-02-02T03:04:05.000Z"),
                                 received)
                           << "a receipt is lost";
                     }});
}

/// Kills of it are in kill_test.cpp.
class DisturbedEvaluate : public DisturbedBoard {};
INSTANTIATE_TEST_SUITE_P(FullDisk, DisturbedEvaluate, testing::Values(Mishap::full_disk));

TEST_P(DisturbedEvaluate, KeepsWholeBlocks) {
  const fs::path there = place() / "there";
  const std::string board = there / "board.db";
  disturb_often({.all = {JOULEBENCH_PROGRAM, "evaluate", competition(), "--db", board, "--meters",
                         "model", "--quiet", folder() / "a"},
                 .prepare =
                     [&] {
                       fs::remove_all(there);
                       fs::create_directories(there);
                     },
                 // A record is written before the board tells of it: the next call takes it up.
                 .check =
                     [&] {
                       EXPECT_THAT(problems_of(board), IsEmpty());
                       if (!fs::exists(board) || run(words({"verify"}, board)) == 0) return;
                       EXPECT_THAT(output(),
                                   testing::ContainsRegex("the same call takes it up|: it is empty|"
                                                          "its history is empty"));
                     },
                 .check_done =
                     [&] {
                       EXPECT_EQ(run(words({"verify", "--scores"}, board)), 0) << output();
                       const auto entries = Store::open_existing(board).board("small", "digits");
                       ASSERT_EQ(entries.size(), 1U);
                       EXPECT_EQ(entries[0].run.record.outcome, Outcome::valid);
                       EXPECT_EQ(entries[0].run.record.valid_blocks(), 2);
                     },
                 .times = 2});
}

}  // namespace
}  // namespace joulebench
