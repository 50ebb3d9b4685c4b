#include "scoring/power.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/statistics.h"
#include "scoring/contest.h"

namespace joulebench {
namespace {

TEST(Power, FloorsNeedAsManyRightAnswersAsTheirLowerBoundSays) {
  const auto needed = right_answers_to_prove(0.95, 360, 0.95);
  ASSERT_TRUE(needed);
  const auto low = [](std::uint64_t right) {
    return wilson_interval(static_cast<double>(right) / 360, 360, 0.9).low;
  };
  EXPECT_GE(low(*needed), 0.95);
  EXPECT_LT(low(*needed - 1), 0.95);
  EXPECT_EQ(right_answers_to_prove(0, 360, 0.95), 0U);
  // All of 10 right: the lower bound is 10 / (10 + 1.645^2) = 0.787.
  EXPECT_TRUE(right_answers_to_prove(0.78, 10, 0.95));
  EXPECT_FALSE(right_answers_to_prove(0.79, 10, 0.95));
}

TEST(Power, IsThatOfDrawnCampaigns) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  constexpr int kDraws = 20000;
  struct Case {
    double difference, noise;
    int blocks;
  };
  for (const auto& [difference, noise, blocks] :
       {Case{0.05, 0.02, 5}, Case{0.03, 0.01, 3}, Case{0.02, 0.005, 5}, Case{0.012, 0.005, 8}}) {
    int found = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      std::vector<double> a, b;
      for (int i = 0; i < blocks; ++i) {
        a.push_back(noise * normal(random));
        b.push_back(noise * normal(random) - std::log1p(difference));
      }
      const Sample one = sample_of(a), other = sample_of(b);
      const double mean = one.mean - other.mean;
      const double half = upper_t_quantile(0.025, 2.0 * (blocks - 1)) *
                          std::sqrt((one.variance + other.variance) / blocks);
      found += mean >= std::log1p(kEquivalenceMargin) && mean > half;
    }
    EXPECT_NEAR(power_to_differ(difference, noise, blocks, 0.05),
                static_cast<double>(found) / kDraws, 0.012)
        << difference << " at noise " << noise << " with " << blocks;
  }
}

TEST(Power, BlocksAreTheFewestThatReachIt) {
  const auto blocks = blocks_to_differ(0.03, 0.02, 0.05, 0.9);
  ASSERT_TRUE(blocks);
  EXPECT_GE(power_to_differ(0.03, 0.02, *blocks, 0.05), 0.9);
  EXPECT_LT(power_to_differ(0.03, 0.02, *blocks - 1, 0.05), 0.9);
  EXPECT_EQ(blocks_to_differ(0.03, 0, 0.05, 0.9), 2);
  EXPECT_FALSE(blocks_to_differ(0.01, 0.01, 0.05, 0.9)) << "within the margin";
  EXPECT_FALSE(blocks_to_differ(0.02, 0.2, 0.05, 0.9)) << "too noisy for 200 blocks";
}

}  // namespace
}  // namespace joulebench
