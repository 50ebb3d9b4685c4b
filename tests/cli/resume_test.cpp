#include <gmock/gmock.h>

#include "core/block_file.h"
#include "core/run_record.h"
#include "leaderboard/store.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

class Resume : public SmallWorld {
 protected:
  // All records below the database's folder, by name.
  std::map<std::string, RunRecord> records() const {
    std::map<std::string, RunRecord> found;
    const fs::path folder = fs::path(database()).replace_extension(".records") / "digits";
    if (!fs::exists(folder)) return found;
    for (const auto& run : fs::directory_iterator(folder)) {
      if (!fs::exists(run.path() / "run.json")) continue;
      RunRecord record = read_run_record(run.path());
      for (const BlockRecord& block : record.blocks) {
        if (block.outcome == Outcome::valid) read_block_predictions(run.path(), block);
      }
      found.emplace(record.entry.name, std::move(record));
    }
    return found;
  }
};

TEST_F(Resume, AfterCtrlCTheSameCommandGoesOn) {
  const auto a = honest_entry("a"), b = honest_entry("b");
  // Interrupted at several moments; each call keeps what the ones before had.
  int blocks_before = 0;
  for (const int after_ms : {300, 900, 1500}) {
    const ProgramEnd end = joulebench(evaluate({a, b}), 60, after_ms);
    if (end.status == 0) break;  // a fast machine was done already
    EXPECT_EQ(end.status, 130) << end.err;
    EXPECT_THAT(end.err, testing::HasSubstr("the same command goes on from there"));
    int blocks = 0;
    for (const auto& [name, record] : records()) blocks += record.valid_blocks();
    EXPECT_GE(blocks, blocks_before);
    blocks_before = blocks;
  }
  const ProgramEnd end = joulebench(evaluate({a, b}));
  EXPECT_EQ(end.status, 0) << end.err;
  for (const auto& [name, record] : records()) {
    EXPECT_EQ(record.valid_blocks(), 2) << name;
    EXPECT_EQ(record.outcome, Outcome::valid) << name;
  }
  EXPECT_EQ(Store::open_existing(database()).board("small", "digits").size(), 2U);
}

TEST_F(Resume, AFinishedCampaignRunsNothingAgain) {
  const auto a = honest_entry("a");
  ASSERT_EQ(joulebench(evaluate({a})).status, 0);
  const auto before = records().at("a").blocks;
  const ProgramEnd end = joulebench(evaluate({a}));
  EXPECT_EQ(end.status, 0);
  const auto after = records().at("a").blocks;
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after[0].started_at_utc, before[0].started_at_utc);
}

TEST_F(Resume, AnAlteredRecordIsAnErrorNotAScore) {
  const auto a = honest_entry("a");
  ASSERT_EQ(joulebench(evaluate({a})).status, 0);
  const fs::path records = fs::path(database()).replace_extension(".records") / "digits";
  for (const auto& run : fs::directory_iterator(records)) {
    if (!run.is_directory()) continue;
    std::string bytes = read_block_file(run.path() / "block-1/predictions.npy");
    bytes.back() = '\x05';
    write_block_file(run.path() / "block-1/predictions.npy", bytes);
  }
  const ProgramEnd end = joulebench(evaluate({a}));
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("its SHA-256 differs"));
}

TEST_F(Resume, AnotherEntryOfTheSameNameHasARecordOfItsOwn) {
  const auto a = honest_entry("a");
  ASSERT_EQ(joulebench(evaluate({a})).status, 0);
  write_file_atomically(a / "note.txt", "changed");
  ASSERT_EQ(joulebench(evaluate({a})).status, 0);
  EXPECT_EQ(Store::open_existing(database()).board("small", "digits").size(), 2U);
}

}  // namespace
}  // namespace joulebench
