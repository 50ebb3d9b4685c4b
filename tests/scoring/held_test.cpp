#include "scoring/held.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(Held, AreFlagsOfAuditsBeyondTheirLimit) {
  for (const char* name :
       {"answer-caching", "coalescing", "mode-switching", "work-before-training"}) {
    EXPECT_TRUE(is_held({name, ""})) << name;
  }
  for (const char* name : {"foreign-load", "outlier", "throttled", ""}) {
    EXPECT_FALSE(is_held({name, ""})) << name;
  }
}

TEST(Held, FlagsKeepTheirOrder) {
  const std::vector<Flag> flags = {{"outlier", "a"}, {"coalescing", "b"}, {"answer-caching", "c"}};
  const std::vector<Flag> holding = holding_flags(flags);
  ASSERT_EQ(holding.size(), 2u);
  EXPECT_EQ(holding[0].detail, "b");
  EXPECT_EQ(holding[1].detail, "c");
}

}  // namespace
}  // namespace joulebench
