#include "harness/block/kept_predictions.h"

#include <gtest/gtest.h>

#include "core/npy.h"
#include "harness/protocol/predictions.h"

namespace joulebench {
namespace {

TEST(KeptPasses, AreAllWhereThereIsRoom) {
  const KeptPasses kept(1, 5, 600 << 10);
  EXPECT_EQ(kept.count(), 5);
  for (int pass = 1; pass <= 5; ++pass) EXPECT_EQ(kept.row_of(pass), pass - 1);
  EXPECT_EQ(kept.row_of(6), -1);
}

TEST(KeptPasses, AreTheFirstAndOthersDrawnBySeedWhereThereIsNot) {
  const KeptPasses kept(1, 1000, 24 << 10);
  const KeptPasses other(2, 1000, 24 << 10);
  EXPECT_EQ(kept.count(), 128) << "3 MiB";
  EXPECT_EQ(kept.row_of(1), 0);
  int rows = 0, shared = 0;
  for (int pass = 1; pass <= 1000; ++pass) {
    if (kept.row_of(pass) < 0) continue;
    EXPECT_EQ(kept.row_of(pass), rows++) << "ascending";
    shared += other.row_of(pass) >= 0 ? 1 : 0;
  }
  EXPECT_EQ(rows, 128);
  EXPECT_LT(shared, 64) << "nobody can know which";
}

TEST(KeptPasses, AreEightAtLeastWhereThoseTakeNoMoreThan128MiB) {
  EXPECT_EQ(KeptPasses(1, 1000, 16 << 20).count(), 8);
  EXPECT_EQ(KeptPasses(1, 1000, 32 << 20).count(), 4);
  EXPECT_EQ(KeptPasses(1, 3, std::size_t{1} << 30).count(), 1) << "the first always";
}

TEST(KeptPredictions, AnswersGoBackToTheRowsTheyAreOf) {
  // Ten classes fit u8, 300 need i16, 40,000 need i32.
  for (const std::size_t classes : {10, 300, 40'000}) {
    const PredictionFormat format{.kind = PredictionKind::classes, .classes = classes};
    Tensor tensor = prediction_tensor(2, 3, format);
    const auto answers = parse_predictions("1\n1\n1\n7\n8\n9\n", 6, format, "3.npy");
    put_in_order(tensor, 1, std::vector<std::uint32_t>{2, 0, 1}, std::get<Tensor>(answers), 3);
    ASSERT_EQ(tensor.shape, (std::vector<std::size_t>{2, 3}));
    std::vector<double> found;
    for (std::size_t i = 0; i < 6; ++i) found.push_back(element_as_double(tensor, i));
    EXPECT_EQ(found, (std::vector<double>{0, 0, 0, 8, 9, 7})) << classes << " classes";
  }
}

TEST(KeptPredictions, RowsOfScoresGoBackWhole) {
  const PredictionFormat format{.kind = PredictionKind::scores, .classes = 2};
  Tensor tensor = prediction_tensor(1, 2, format);
  const float scores[] = {1, 2, 3, 4};
  std::string npy = npy_header(DType::f32, {2, 2});
  npy.append(reinterpret_cast<const char*>(scores), sizeof scores);
  const auto answers = parse_predictions(npy, 2, format, "3.npy");
  put_in_order(tensor, 0, std::vector<std::uint32_t>{1, 0}, std::get<Tensor>(answers));
  ASSERT_EQ(tensor.shape, (std::vector<std::size_t>{1, 2, 2}));
  std::vector<double> found;
  for (std::size_t i = 0; i < 4; ++i) found.push_back(element_as_double(tensor, i));
  EXPECT_EQ(found, (std::vector<double>{3, 4, 1, 2}));
}

}  // namespace
}  // namespace joulebench
