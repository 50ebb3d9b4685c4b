#include "datasets/split.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/datasets/message.h"

namespace joulebench {
namespace {

// One byte per row.
Tensor rows_of(const std::vector<int>& values) {
  Tensor tensor;
  tensor.shape = {values.size(), 1};
  for (const int value : values) tensor.bytes.push_back(static_cast<std::byte>(value));
  return tensor;
}

TEST(Split, IsDrawnByClassAndKeepsEqualRowsTogether) {
  // 100 rows of class 0 in 50 pairs of equal inputs, 50 rows of class 1 that are all different.
  std::vector<int> values;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 150; ++i) {
    values.push_back(i < 100 ? i / 2 : i);
    labels.push_back(i < 100 ? 0 : 1);
  }
  const auto hidden = draw_hidden_rows(rows_of(values), labels, 0.2, 7);
  EXPECT_EQ(std::count(hidden.begin(), hidden.begin() + 100, true), 20);
  EXPECT_EQ(std::count(hidden.begin() + 100, hidden.end(), true), 10);
  for (std::size_t i = 0; i < 100; i += 2) EXPECT_EQ(hidden[i], hidden[i + 1]);
  EXPECT_EQ(find_twins(rows_of(values), labels, hidden).leaked, 0u);
  EXPECT_EQ(find_twins(rows_of(values), labels, hidden).repeated, 50u);
  EXPECT_EQ(draw_hidden_rows(rows_of(values), labels, 0.2, 7), hidden);
  EXPECT_NE(draw_hidden_rows(rows_of(values), labels, 0.2, 8), hidden);
}

TEST(Split, KeepsAClassOfOneSampleInPublic) {
  const auto hidden = draw_hidden_rows(rows_of({1, 2, 3}), {0, 0, 1}, 0.01, 1);
  EXPECT_EQ(hidden[0] + hidden[1], 1);
  EXPECT_FALSE(hidden[2]);
}

TEST(Split, FindsTwinsOnBothSides) {
  // Rows 0 and 1 are equal; so are 2 and 3, but their labels differ.
  const Twins twins = find_twins(rows_of({5, 5, 6, 6}), {1, 1, 0, 1}, {true, false, true, false});
  EXPECT_EQ(twins.repeated, 1u);
  EXPECT_EQ(twins.leaked, 1u);
}

TEST(Split, FilesGiveBackWhatWasWritten) {
  const std::vector<bool> hidden = {false, true, false, true};
  EXPECT_EQ(write_hidden_rows(hidden), "1\n3\n");
  EXPECT_EQ(read_hidden_rows("1\n3\n", 4, "r"), hidden);
  EXPECT_EQ(where_of_error([] { read_hidden_rows("3\n3\n", 4, "r"); }),
            "r: line 2: '3', where the end of the file was expected");
  EXPECT_EQ(where_of_error([] { read_hidden_rows("4\n", 4, "r"); }),
            "r: line 1: '4', where a row number from 0 to 3 was expected");
}

}  // namespace
}  // namespace joulebench
