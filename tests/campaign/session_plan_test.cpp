#include "campaign/session_plan.h"

#include <gtest/gtest.h>

#include <set>

namespace joulebench {
namespace {

std::vector<std::size_t> sizes(const std::vector<std::vector<std::size_t>>& shares) {
  std::vector<std::size_t> sizes;
  for (const auto& share : shares) sizes.push_back(share.size());
  return sizes;
}

TEST(SessionPlan, EachEntryIsInOneShareOfAlmostEqualSize) {
  const auto shares = share_out(12, 5, 100);
  EXPECT_EQ(sizes(shares), (std::vector<std::size_t>{3, 3, 2, 2, 2}));
  std::set<std::size_t> all;
  for (const auto& share : shares) all.insert(share.begin(), share.end());
  EXPECT_EQ(all.size(), 12U);
}

TEST(SessionPlan, EveryMachineHasAsManySessionsWhereOneIsNotEnough) {
  // 7 shares of 75 would do; 4 machines have two each.
  EXPECT_EQ(share_out(500, 4, 75).size(), 8U);
  EXPECT_EQ(share_out(500, 1, 75).size(), 7U);
}

TEST(SessionPlan, NoMachineHasAShareWithoutEntries) {
  EXPECT_EQ(share_out(3, 16, 75).size(), 3U);
  EXPECT_TRUE(share_out(0, 4, 75).empty());
}

TEST(SessionPlan, ARoundTakesHalfAnHourAtMost) {
  Track track;  // a block of 10 s with 5 s idle on both sides takes about 26.5 s with all around it
  EXPECT_EQ(most_in_session(track, 1), 66U);
  track.task = Task::train;  // one may take half an hour by itself
  EXPECT_EQ(most_in_session(track, 1), 1U);
}

}  // namespace
}  // namespace joulebench
