#include "campaign/joined_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_text.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Three blocks of one session, which began on that day of December.
RunRecord night(int day) {
  RunRecord record = support::make_record({.joules_per_block = {10, 11, 12}});
  const std::string session = "2026-12-0" + std::to_string(day) + "T20:00:00.000Z";
  int round = 0;
  for (BlockRecord& block : record.blocks) {
    block.session = block.started_at_utc = session;
    block.round = ++round;
    block.order_seed = static_cast<std::uint64_t>(10 * day + round);
  }
  record.started_at_utc = session;
  return record;
}

std::string refusal(const RunRecord& here, const RunRecord& there) {
  return error_text([&] { join_records(here, there); });
}

TEST(JoinedRecord, HasTheBlocksOfBothInOrderWithNumbersOfTheirOwn) {
  const JoinedRecord joined = join_records(night(2), night(1));
  EXPECT_THAT(joined.blocks, ElementsAre(1, 2, 3));
  std::vector<int> numbers;
  for (const BlockRecord& block : joined.record.blocks) numbers.push_back(block.number);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(joined.record.blocks[3].session, "2026-12-01T20:00:00.000Z");
  EXPECT_EQ(joined.record.started_at_utc, "2026-12-01T20:00:00.000Z");
  EXPECT_EQ(joined.record.valid_blocks(), 6);
}

TEST(JoinedRecord, JoinsNothingTwice) {
  const RunRecord both = join_records(night(1), night(2)).record;
  EXPECT_TRUE(join_records(both, night(2)).blocks.empty());
  EXPECT_TRUE(join_records(both, night(1)).blocks.empty());
  EXPECT_THAT(join_records(night(2), both).blocks, ElementsAre(1, 2, 3));
}

TEST(JoinedRecord, KeepsTheFlagsOfBoth) {
  RunRecord other = night(2);
  other.flags = {{"drift", "block 2: the baseline moved"}};
  EXPECT_EQ(join_records(night(1), other).record.flags.at(0).name, "drift");
}

TEST(JoinedRecord, RefusesWhatIsNotOfOneRun) {
  const auto with = [](auto&& change) {
    RunRecord record = night(2);
    change(record);
    return refusal(night(1), record);
  };
  EXPECT_THAT(with([](RunRecord& r) { r.outcome = Outcome::crash; }),
              HasSubstr("the run there ended as crash"));
  EXPECT_THAT(with([](RunRecord& r) { r.track.limits.cpus = 7; }),
              HasSubstr("measured by other rules"));
  EXPECT_THAT(with([](RunRecord& r) { r.dataset_sha256 = "x"; }), HasSubstr("of the dataset"));
  EXPECT_THAT(with([](RunRecord& r) {
                r.environment = {"python", "abc"};
              }),
              HasSubstr("other environments"));
  EXPECT_THAT(with([](RunRecord& r) { r.node_before.kernel = "6.2.0"; }),
              HasSubstr("the machine was another: "));
  EXPECT_THAT(with([](RunRecord& r) { r.blocks[1].energy[0].domain.source = "perf"; }),
              HasSubstr("other counters"));
  EXPECT_THAT(with([](RunRecord& r) { r.copies_per_request = 4; }),
              HasSubstr("a request had 1 passes here, 4 there"));
  EXPECT_THAT(with([](RunRecord& r) { r.blocks[0].session.clear(); }),
              HasSubstr("blocks there are of no session"));
}

TEST(JoinedRecord, RefusesASessionThatWentOnInBothPlaces) {
  RunRecord here = night(1), there = night(1);
  here.blocks[2].order_seed = 7;
  there.blocks[2].order_seed = 8;
  EXPECT_THAT(refusal(here, there),
              HasSubstr("both have blocks of session 2026-12-01T20:00:00.000Z"));
}

}  // namespace
}  // namespace joulebench
