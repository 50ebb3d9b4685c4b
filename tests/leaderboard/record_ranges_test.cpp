#include "leaderboard/record_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::testing::make_record;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RunRecord plausible() {
  RunRecord record = make_record({});
  for (BlockRecord& block : record.blocks) {
    block.samples_per_pass = 10;
    block.samples = 20;
  }
  return record;
}

TEST(RecordRanges, TakeWhatAMachineCanMeasure) {
  EXPECT_THAT(out_of_range(plausible()), IsEmpty());
}

TEST(RecordRanges, RefuseNumbersThatNoMachineCanMeasure) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double joules : {-1.0, 1e308, kInfinity, 10 * kMostWatts + 1}) {
    RunRecord record = plausible();  // blocks of 10 s
    record.blocks[1].energy[0].joules = Joules{joules};
    EXPECT_THAT(out_of_range(record), Contains(HasSubstr("block 2: the energy of a domain is")))
        << joules;
  }
  RunRecord record = plausible();
  record.blocks[0].measured = Seconds(-1);
  EXPECT_THAT(out_of_range(record), Contains("block 1: the measured time is -1"));
  record = plausible();
  record.blocks[0].energy[0].joules = Joules{0};
  EXPECT_THAT(out_of_range(record), ElementsAre("block 1: its total energy is not positive"));
}

TEST(RecordRanges, RefuseWhatDoesNotAddUp) {
  RunRecord record = plausible();
  record.blocks[0].samples = 21;
  EXPECT_THAT(out_of_range(record),
              ElementsAre("block 1: its windows' samples do not add up to its own",
                          "block 1: it has more samples than passes times samples a pass"));
  record = plausible();
  std::swap(record.blocks[0].number, record.blocks[1].number);
  EXPECT_THAT(out_of_range(record), Contains("block 1: blocks are not in order"));
}

TEST(RecordRanges, RefuseIdsThatAreNoDigests) {
  RunRecord record = plausible();
  record.entry.id = "../../etc/passwd";
  EXPECT_THAT(out_of_range(record),
              ElementsAre("the entry's id is no SHA-256: \"../../etc/passwd\""));
  EXPECT_TRUE(is_sha256(std::string(64, 'a')));
  EXPECT_FALSE(is_sha256(std::string(64, 'A')));
  EXPECT_FALSE(is_sha256(std::string(63, 'a')));
}

}  // namespace
}  // namespace joulebench
