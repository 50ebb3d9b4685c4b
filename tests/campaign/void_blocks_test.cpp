#include "campaign/void_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulebench {
namespace {

/// A block of 100 samples; at least 10 s are asked for.
BlockRecord block(Outcome outcome, double measured_s, double cpu_s) {
  BlockRecord block;
  block.outcome = outcome;
  block.measured = Seconds(measured_s);
  block.samples = 100;
  block.windows.resize(2);
  for (WindowRecord& window : block.windows) window.submission_cpu = Seconds(cpu_s / 2);
  return block;
}

RunRecord run(std::vector<BlockRecord> blocks) {
  RunRecord record;
  record.track.protocol.min_block = Seconds(10);
  record.blocks = std::move(blocks);
  return record;
}

TEST(VoidBlocks, ShortBecauseMuchLessWasComputedIsTheEntrysDoing) {
  const RunRecord record = run({block(Outcome::valid, 13, 12), block(Outcome::valid, 13, 10),
                                block(Outcome::voided, 3, 2.5)});
  const auto why = entry_made_void(record, record.blocks.back());
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, ::testing::StartsWith("it was answered with 0.25 of the CPU time per sample"));
}

TEST(VoidBlocks, ShortAtTheSameWorkIsTheMachinesDoing) {
  // The valid block waited for a CPU that other programs had.
  const RunRecord record = run({block(Outcome::valid, 20, 8), block(Outcome::voided, 8.2, 8)});
  EXPECT_FALSE(entry_made_void(record, record.blocks.back()));
}

TEST(VoidBlocks, TheFirstBlockIsNobodysFault) {
  const RunRecord record = run({block(Outcome::voided, 3, 2.5)});
  EXPECT_FALSE(entry_made_void(record, record.blocks.back()));
}

TEST(VoidBlocks, LongEnoughBlocksAndThoseWithoutCpuTimeSayNothing) {
  RunRecord record = run({block(Outcome::valid, 13, 12), block(Outcome::voided, 11, 2)});
  EXPECT_FALSE(entry_made_void(record, record.blocks.back())) << "void for another reason";
  record = run({block(Outcome::valid, 13, 12), block(Outcome::voided, 3, 2)});
  record.blocks.back().windows[1].submission_cpu.reset();
  EXPECT_FALSE(entry_made_void(record, record.blocks.back()));
}

TEST(VoidBlocks, ForeignLoadOnEitherSideIsTheMachinesDoing) {
  for (const std::size_t disturbed : {0U, 1U}) {
    RunRecord record = run({block(Outcome::valid, 13, 12), block(Outcome::voided, 3, 2)});
    ASSERT_TRUE(entry_made_void(record, record.blocks.back()));
    record.blocks[disturbed].flags.push_back({"foreign-load", "other programs"});
    EXPECT_FALSE(entry_made_void(record, record.blocks.back()));
  }
}

TEST(VoidBlocks, OfATrainingNoneIsTooShort) {
  RunRecord record = run({block(Outcome::voided, 3, 2)});
  EXPECT_TRUE(is_too_short(record, record.blocks[0]));
  record.track.task = Task::train;
  EXPECT_FALSE(is_too_short(record, record.blocks[0]));
}

}  // namespace
}  // namespace joulebench
