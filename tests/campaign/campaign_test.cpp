#include "campaign/campaign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace joulebench {
namespace {

TEST(CampaignOrder, EveryEntryHasItsBlocksAndTheBaselineBothEnds) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto order = campaign_order(4, 5, 2, seed);
    ASSERT_EQ(order.size(), 20U);
    for (std::size_t entry = 0; entry < 4; ++entry) {
      EXPECT_EQ(std::count(order.begin(), order.end(), entry), 5) << "entry " << entry;
    }
    EXPECT_EQ(order.front(), 2U);
    EXPECT_EQ(order.back(), 2U);
  }
}

TEST(CampaignOrder, IsAFunctionOfItsSeed) {
  EXPECT_EQ(campaign_order(6, 5, 0, 7), campaign_order(6, 5, 0, 7));
  std::set<std::vector<std::size_t>> different;
  for (std::uint64_t seed = 0; seed < 20; ++seed) different.insert(campaign_order(6, 5, 0, seed));
  EXPECT_EQ(different.size(), 20U);
}

TEST(CampaignOrder, EachRoundHoldsEachEntryOnce) {
  const auto order = campaign_order(5, 4, std::nullopt, 11);
  for (std::size_t round = 0; round < 4; ++round) {
    const std::set<std::size_t> entries(order.begin() + static_cast<std::ptrdiff_t>(5 * round),
                                        order.begin() + static_cast<std::ptrdiff_t>(5 * round + 5));
    EXPECT_EQ(entries.size(), 5U) << "round " << round;
  }
}

TEST(CampaignOrder, SmallestCampaigns) {
  EXPECT_EQ(campaign_order(1, 3, 0, 1), (std::vector<std::size_t>{0, 0, 0}));
  EXPECT_EQ(campaign_order(2, 1, 1, 1).front(), 1U) << "one block of the baseline: first";
  EXPECT_TRUE(campaign_order(0, 5, std::nullopt, 1).empty());
}

}  // namespace
}  // namespace joulebench
