#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "datasets/inputs.h"
#include "datasets/order.h"

namespace joulebench {
namespace {

TEST(DrawOrder, IsAPermutationFixedBySeedAndPass) {
  const auto order = draw_order(7, 1, 1000);
  std::set<std::uint32_t> seen(order.begin(), order.end());
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(*seen.rbegin(), 999u);
  EXPECT_EQ(draw_order(7, 1, 1000), order);
  EXPECT_NE(draw_order(7, 2, 1000), order);
  EXPECT_NE(draw_order(8, 1, 1000), order);
  EXPECT_EQ(draw_order(7, 1, 0).size(), 0u);
}

// Records hold seeds, not orders: a change of this order would make old records unreadable. The
// numbers are from a second implementation, in Python, of SplitMix64 and the shuffle.
TEST(DrawOrder, IsTheSameOnEveryMachine) {
  EXPECT_EQ(draw_order(0, 1, 8), (std::vector<std::uint32_t>{1, 3, 0, 5, 2, 4, 6, 7}));
  EXPECT_EQ(draw_order(42, 3, 8), (std::vector<std::uint32_t>{2, 7, 3, 0, 1, 5, 6, 4}));
}

TEST(DrawOrder, GivesAllOrdersEquallyOften) {
  std::map<std::vector<std::uint32_t>, int> counts;
  for (std::uint64_t seed = 0; seed < 6000; ++seed) ++counts[draw_order(seed, 1, 3)];
  ASSERT_EQ(counts.size(), 6u);
  // 1000 +- 5 standard deviations of sqrt(6000 x 1/6 x 5/6) = 28.9
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 145);
}

Tensor bytes_tensor(std::vector<std::size_t> shape, std::vector<int> values) {
  Tensor tensor;
  tensor.shape = std::move(shape);
  for (const int value : values) tensor.bytes.push_back(static_cast<std::byte>(value));
  return tensor;
}

TEST(RowsInOrder, TakesRowsAsOftenAsTheOrderNamesThem) {
  const Tensor inputs = bytes_tensor({3, 1, 2}, {10, 11, 20, 21, 30, 31});
  const std::vector<std::uint32_t> order = {2, 0, 2};
  const Tensor rows = rows_in_order(inputs, order);
  EXPECT_EQ(rows.shape, (std::vector<std::size_t>{3, 1, 2}));
  EXPECT_EQ(rows.bytes, bytes_tensor({}, {30, 31, 10, 11, 30, 31}).bytes);
  const std::vector<std::uint32_t> beyond = {3};
  EXPECT_THROW(rows_in_order(inputs, beyond), std::logic_error);
}

TEST(Salt, FlipsLowestBitsInsideTheRangeOfTheData) {
  std::vector<int> values(64 * 100);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>(i % 17);  // 0 to 16
  const Tensor before = bytes_tensor({100, 8, 8}, values);
  Tensor after = before;
  salt_inputs(after, SaltKind::lowest_bit, 1);
  int changed = 0;
  for (std::size_t i = 0; i < before.bytes.size(); ++i) {
    const int old_value = std::to_integer<int>(before.bytes[i]);
    const int new_value = std::to_integer<int>(after.bytes[i]);
    changed += old_value != new_value;
    EXPECT_LE(new_value, 16);
    EXPECT_TRUE(new_value == old_value || new_value == (old_value ^ 1));
  }
  // One element a sample; a 16 stays, since 17 does not occur.
  EXPECT_GT(changed, 80);
  EXPECT_LE(changed, 100);
  Tensor again = before;
  salt_inputs(again, SaltKind::lowest_bit, 1);
  EXPECT_EQ(again.bytes, after.bytes);
  salt_inputs(again = before, SaltKind::lowest_bit, 2);
  EXPECT_NE(again.bytes, after.bytes);
}

TEST(Salt, NudgesFloatsByOneUlp) {
  Tensor tensor;
  tensor.dtype = DType::f32;
  tensor.shape = {50, 4};
  std::vector<float> values(200);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 4) * 0.1f;
  tensor.bytes.resize(values.size() * sizeof(float));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  salt_inputs(tensor, SaltKind::ulp, 5);
  int changed = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto salted = static_cast<float>(element_as_double(tensor, i));
    EXPECT_TRUE(salted == values[i] || salted == std::nextafter(values[i], 10.0f) ||
                salted == std::nextafter(values[i], -10.0f));
    if (values[i] == 0) {
      EXPECT_EQ(salted, 0);
    }
    EXPECT_LE(salted, 0.3f);
    changed += salted != values[i];
  }
  EXPECT_GT(changed, 15);
  EXPECT_LE(changed, 50);
}

TEST(Salt, OfNoneChangesNothing) {
  Tensor tensor = bytes_tensor({2, 2}, {1, 2, 3, 4});
  salt_inputs(tensor, SaltKind::none, 1);
  EXPECT_EQ(tensor.bytes, bytes_tensor({}, {1, 2, 3, 4}).bytes);
  EXPECT_THROW(salt_inputs(tensor, SaltKind::ulp, 1), std::logic_error);
}

}  // namespace
}  // namespace joulebench
