#include <gmock/gmock.h>

#include <chrono>
#include <random>
#include <set>

#include "core/run_record.h"
#include "leaderboard/store.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

// Blocks of a moment, so that a campaign lasts about two seconds and can be killed often.
constexpr const char* kBriefCompetition = R"({
  "format": "joulebench-competition/2", "id": "brief",
  "tracks": [{"id": "digits", "dataset": "digits",
    "protocol": {"blocks": 4, "min_block_s": 0.02, "idle_s": 0, "tail_s": 0.02},
    "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]
}
)";

class Killed : public SmallWorld {
 protected:
  Killed() { write_file_atomically(competition(), kBriefCompetition); }

  std::vector<std::string> words(const std::string& board) const {
    std::vector<std::string> all = {JOULEBENCH_PROGRAM, "evaluate", competition(), "--db", board,
                                    "--meters",         "model",    "--quiet"};
    for (const fs::path& entry : entries_) all.push_back(entry);
    return all;
  }
  // Starts `evaluate` and kills it, with nothing said before, after `after`; true if it was done
  // by itself before that.
  bool kill_after(std::chrono::microseconds after, const std::string& board) const {
    const fs::path log = folder() / "killed.log";
    const auto status =
        run_or_kill(words(board), {{"JOULEBENCH_LOCK_FILE", folder() / "lock"}}, log, after);
    EXPECT_EQ(status.value_or(0), 0) << read_text_file(log);
    return status.has_value();
  }

  // Number and start of every valid block, by entry; whatever is there must be whole.
  std::map<std::string, std::vector<std::string>> blocks(const std::string& board) const {
    std::map<std::string, std::vector<std::string>> found;
    const fs::path records = fs::path(board).replace_extension(".records") / "digits";
    if (!fs::exists(records)) return found;
    for (const auto& run : fs::directory_iterator(records)) {
      if (!fs::exists(run.path() / "run.json")) continue;
      const RunRecord record = read_run_record(run.path());
      std::set<int> numbers;
      for (const BlockRecord& block : record.blocks) {
        EXPECT_TRUE(numbers.insert(block.number).second) << "block " << block.number << " twice";
        if (block.outcome != Outcome::valid) continue;
        read_block_predictions(run.path(), block);
        read_trace(run.path(), block);
        found[record.entry.name].push_back(std::to_string(block.number) + " at " +
                                           block.started_at_utc);
      }
    }
    return found;
  }

  std::vector<fs::path> entries_ = {honest_entry("a"), honest_entry("b")};
};

// What a reader of the board sees that does not depend on time.
std::vector<std::string> standing(const std::string& board) {
  std::vector<std::string> lines;
  for (const BoardEntry& entry : Store::open_existing(board).board("brief", "digits")) {
    std::string line = entry.run.record.entry.name + ": " + to_string(entry.run.record.outcome) +
                       ", " + std::to_string(entry.run.record.valid_blocks()) + " blocks";
    if (entry.score && entry.score->accuracy) {
      line += ", accuracy " + std::to_string(entry.score->accuracy->value);
    }
    lines.push_back(line);
  }
  return lines;
}

TEST_F(Killed, ManyTimesTheBoardIsThatOfAnUndisturbedCampaign) {
  const std::string quiet = folder() / "quiet.db";
  const auto start = SteadyClock::now();
  ASSERT_TRUE(kill_after(std::chrono::seconds(100), quiet));
  const std::chrono::duration<double> whole = SteadyClock::now() - start;
  const auto expected = standing(quiet);
  ASSERT_EQ(expected.size(), 2U);
  ASSERT_THAT(expected[0], testing::StartsWith("a: valid, 4 blocks, accuracy 0."));

  std::random_device device;
  const unsigned seed = device();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  // From the first instruction to about half of the campaign: most kills fall into a
  // block, its writing or the database's, and the campaign comes to its end some times on the way.
  std::uniform_real_distribution<double> instant(0.0, 0.5 * whole.count());
  int campaigns = 1;
  std::string board = folder() / "killed-1.db";
  std::map<std::string, std::vector<std::string>> before;
  const int wanted = kills_wanted(8);
  for (int kills = 0; kills < wanted;) {
    const bool finished =
        kill_after(std::chrono::microseconds(static_cast<long>(instant(random) * 1e6)), board);
    const auto now = blocks(board);
    for (const auto& [entry, kept] : before) {
      // All that was kept is still there, unaltered and first.
      const auto found = now.find(entry);
      ASSERT_NE(found, now.end());
      ASSERT_GE(found->second.size(), kept.size());
      for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(found->second[i], kept[i]);
    }
    before = now;
    if (!finished) {
      ++kills;
      continue;
    }
    EXPECT_EQ(standing(board), expected);
    EXPECT_TRUE(Store::open_existing(board).verify().empty());
    board = folder() / ("killed-" + std::to_string(++campaigns) + ".db");
    before.clear();
  }
  ASSERT_TRUE(kill_after(std::chrono::seconds(100), board));
  EXPECT_EQ(standing(board), expected);
  EXPECT_TRUE(Store::open_existing(board).verify().empty());
  std::cout << "seed " << seed << ": " << wanted << " kills over " << campaigns << " campaigns of "
            << whole.count() << " s undisturbed\n";
}

}  // namespace
}  // namespace joulebench
