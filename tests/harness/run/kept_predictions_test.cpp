#include "harness/run/kept_predictions.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(KeptPasses, AreAllWhereThereIsRoom) {
  const KeptPasses kept(1, 5, 1 << 20);
  EXPECT_EQ(kept.count(), 5);
  for (int pass = 1; pass <= 5; ++pass) EXPECT_EQ(kept.row_of(pass), pass - 1);
  EXPECT_EQ(kept.row_of(6), -1);
}

TEST(KeptPasses, AreTheFirstAndOthersDrawnBySeedWhereThereIsNot) {
  const KeptPasses kept(1, 1000, 1 << 20);
  const KeptPasses other(2, 1000, 1 << 20);
  EXPECT_EQ(kept.count(), 128);
  EXPECT_EQ(kept.row_of(1), 0);
  int rows = 0, shared = 0;
  for (int pass = 1; pass <= 1000; ++pass) {
    if (kept.row_of(pass) < 0) continue;
    EXPECT_EQ(kept.row_of(pass), rows++) << "ascending";
    shared += other.row_of(pass) >= 0 ? 1 : 0;
  }
  EXPECT_EQ(rows, 128);
  EXPECT_LT(shared, 64) << "nobody can know which";
  EXPECT_EQ(KeptPasses(1, 3, std::size_t{1} << 30).count(), 1) << "the first always";
}

}  // namespace
}  // namespace joulebench
