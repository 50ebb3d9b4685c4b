#include "harness/run/predictions.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/npy.h"

namespace joulebench {
namespace {

constexpr std::size_t kClasses = 10;

std::string problem(std::string_view bytes, std::size_t count) {
  const auto result = parse_predictions(bytes, count, kClasses, "3.npy");
  const auto* refused = std::get_if<PredictionsProblem>(&result);
  return refused != nullptr ? refused->message : "";
}

std::vector<std::int32_t> values(std::string_view bytes, std::size_t count) {
  const auto result = parse_predictions(bytes, count, kClasses, "3.npy");
  const auto* parsed = std::get_if<std::vector<std::int32_t>>(&result);
  return parsed != nullptr ? *parsed : std::vector<std::int32_t>{};
}

template <class Value>
std::string npy(DType dtype, const std::vector<std::size_t>& shape,
                const std::vector<Value>& elements) {
  std::string bytes = npy_header(dtype, shape);
  bytes.append(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(Value));
  return bytes;
}

const std::vector<std::int32_t> kThree = {3, 0, 9};

TEST(Predictions, TextWithOneNumberALine) {
  EXPECT_EQ(values("3\n0\n9\n", 3), kThree);
  EXPECT_EQ(values("3\n0\n9", 3), kThree) << "the last newline may be missing";
  EXPECT_EQ(values("3\r\n0\r\n9\r\n", 3), kThree);
}

TEST(Predictions, EveryIntegerTypeOfNpy) {
  EXPECT_EQ(values(npy<std::uint8_t>(DType::u8, {3}, {3, 0, 9}), 3), kThree);
  EXPECT_EQ(values(npy<std::int8_t>(DType::i8, {3}, {3, 0, 9}), 3), kThree);
  EXPECT_EQ(values(npy<std::int16_t>(DType::i16, {3}, {3, 0, 9}), 3), kThree);
  EXPECT_EQ(values(npy<std::int32_t>(DType::i32, {3}, {3, 0, 9}), 3), kThree);
  EXPECT_EQ(values(npy<std::int64_t>(DType::i64, {3}, {3, 0, 9}), 3), kThree);
}

TEST(Predictions, AWrongNumberOfThem) {
  EXPECT_EQ(problem("3\n0\n", 3), "3.npy: 2 predictions, where 3 were expected");
  EXPECT_EQ(problem("3\n0\n9\n1\n", 3), "3.npy: more than the 3 predictions that were expected");
  EXPECT_EQ(problem("", 3), "3.npy: 0 predictions, where 3 were expected");
  EXPECT_EQ(problem(npy<std::int32_t>(DType::i32, {2}, {3, 0}), 3),
            "3.npy: 2 predictions, where 3 were expected");
}

TEST(Predictions, TheFirstRowThatIsNoClassIsNamed) {
  EXPECT_EQ(problem("3\n10\n-1\n", 3),
            "3.npy: row 1: class 10 is out of range, 0 to 9 was expected");
  EXPECT_EQ(problem("3\nnan\n1\n", 3), "3.npy: row 1: \"nan\" is not a class index");
  EXPECT_EQ(problem("3\n1.5\n1\n", 3), "3.npy: row 1: \"1.5\" is not a class index");
  EXPECT_EQ(problem("3\n1\n\x1b[31m\n", 3), "3.npy: row 2: \"?[31m\" is not a class index");
  EXPECT_EQ(problem(npy<std::int64_t>(DType::i64, {3}, {3, 0, std::int64_t{1} << 32}), 3),
            "3.npy: row 2: class 4294967296 is out of range, 0 to 9 was expected")
      << "not cut to 32 bits";
  EXPECT_EQ(problem(npy<std::int8_t>(DType::i8, {3}, {3, -1, 0}), 3),
            "3.npy: row 1: class -1 is out of range, 0 to 9 was expected");
}

TEST(Predictions, OtherShapesAndTypesAreRefused) {
  EXPECT_EQ(problem(npy<std::int32_t>(DType::i32, {3, 1}, {3, 0, 9}), 3),
            "3.npy: 2 dimensions, where one was expected: a class index per sample");
  EXPECT_EQ(problem(npy<float>(DType::f32, {3}, {3, 0, 9}), 3),
            "3.npy: floating-point numbers, where integer class indices were expected");
  const std::string whole = npy<std::int32_t>(DType::i32, {3}, {3, 0, 9});
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_NE(problem(std::string_view(whole).substr(0, cut), 3), "") << "cut at " << cut;
  }
}

TEST(Predictions, AnswersGoBackToTheRowsTheyAreOf) {
  // Ten classes fit u8, 300 need i16, 40,000 need i32.
  for (const std::size_t classes : {10, 300, 40'000}) {
    Tensor tensor = prediction_tensor(2, 3, classes);
    put_in_order(tensor, 2, std::vector<std::uint32_t>{2, 0, 1},
                 std::vector<std::int32_t>{7, 8, 9});
    ASSERT_EQ(tensor.shape, (std::vector<std::size_t>{2, 3}));
    std::vector<std::int64_t> found;
    const std::size_t size = size_of(tensor.dtype);
    for (std::size_t i = 0; i < 6; ++i) {
      std::int64_t value = 0;
      std::memcpy(&value, tensor.bytes.data() + i * size, size);
      found.push_back(value);
    }
    EXPECT_EQ(found, (std::vector<std::int64_t>{0, 0, 0, 8, 9, 7})) << classes << " classes";
  }
}

}  // namespace
}  // namespace joulebench
