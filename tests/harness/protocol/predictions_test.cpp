#include "harness/protocol/predictions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/npy.h"

namespace joulebench {
namespace {

const PredictionFormat kClasses{.kind = PredictionKind::classes, .classes = 10};
const PredictionFormat kScores{.kind = PredictionKind::scores, .classes = 2};
const PredictionFormat kProbabilities{.kind = PredictionKind::probabilities, .classes = 2};
const PredictionFormat kNumbers{.kind = PredictionKind::numbers, .classes = 10};

std::string problem(std::string_view bytes, std::size_t count,
                    const PredictionFormat& format = kClasses) {
  const auto result = parse_predictions(bytes, count, format, "3.npy");
  const auto* refused = std::get_if<PredictionsProblem>(&result);
  return refused != nullptr ? refused->message : "";
}

std::vector<double> values(std::string_view bytes, std::size_t count,
                           const PredictionFormat& format = kClasses) {
  const auto result = parse_predictions(bytes, count, format, "3.npy");
  const auto* parsed = std::get_if<Tensor>(&result);
  std::vector<double> numbers;
  for (std::size_t i = 0; parsed != nullptr && i < parsed->elements(); ++i) {
    numbers.push_back(element_as_double(*parsed, i));
  }
  return numbers;
}

template <class Value>
std::string npy(DType dtype, const std::vector<std::size_t>& shape,
                const std::vector<Value>& elements) {
  std::string bytes = npy_header(dtype, shape);
  bytes.append(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(Value));
  return bytes;
}

const std::vector<double> kThree = {3, 0, 9};

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

TEST(Predictions, ScoresAreARowPerSampleOfAnyFiniteNumbers) {
  EXPECT_EQ(values(npy<float>(DType::f32, {2, 2}, {1, -2, 3, 4}), 2, kScores),
            (std::vector<double>{1, -2, 3, 4}));
  EXPECT_EQ(values(npy<double>(DType::f64, {2, 2}, {0.5, 0, 1, 7}), 2, kScores),
            (std::vector<double>{0.5, 0, 1, 7}));
  EXPECT_EQ(problem(npy<float>(DType::f32, {4}, {1, 2, 3, 4}), 2, kScores),
            "3.npy: 1 dimensions, where two were expected: 2 scores per sample");
  EXPECT_EQ(problem(npy<float>(DType::f32, {2, 3}, {1, 2, 3, 4, 5, 6}), 2, kScores),
            "3.npy: rows of 3, where 2 scores were expected, one per class");
  EXPECT_EQ(problem(npy<float>(DType::f32, {1, 2}, {1, 2}), 2, kScores),
            "3.npy: 1 predictions, where 2 were expected");
  EXPECT_EQ(problem(npy<float>(DType::f32, {2, 2}, {1, 2, 3, std::nanf("")}), 2, kScores),
            "3.npy: row 1, class 1: nan is not a finite number");
  EXPECT_EQ(problem(npy<double>(DType::f64, {1, 2}, {1, 1e300}), 1, kScores),
            "3.npy: row 0, class 1: 1e+300 is not a finite number")
      << "kept as float32";
  EXPECT_EQ(problem("1 2\n", 1, kScores),
            "3.npy: no .npy file, where a 2-D array of scores was expected");
}

TEST(Predictions, ProbabilitiesSumToOneWithinAThousandth) {
  const auto rows = [](float a, float b) {
    return npy<float>(DType::f32, {2, 2}, {0.25f, 0.75f, a, b});
  };
  EXPECT_EQ(problem(rows(0.4f, 0.6009f), 2, kProbabilities), "");
  EXPECT_EQ(problem(rows(0.4f, 0.602f), 2, kProbabilities),
            "3.npy: row 1: the probabilities sum to 1.002, where 1 ± 0.001 was expected");
  EXPECT_EQ(problem(rows(-0.5f, 1.5f), 2, kProbabilities),
            "3.npy: row 1, class 0: -0.5 is not a probability");
}

TEST(Predictions, NumbersComeAsAnyTypeOrAsText) {
  EXPECT_EQ(values("1.5\n-2e3\n", 2, kNumbers), (std::vector<double>{1.5, -2000}));
  EXPECT_EQ(values(npy<float>(DType::f32, {2}, {1.5, -2}), 2, kNumbers),
            (std::vector<double>{1.5, -2}));
  EXPECT_EQ(values(npy<std::int32_t>(DType::i32, {2}, {1, 2}), 2, kNumbers),
            (std::vector<double>{1, 2}));
  EXPECT_EQ(problem("1\ninf\n", 2, kNumbers), "3.npy: row 1: inf is not a finite number");
  EXPECT_EQ(problem("1\nten\n", 2, kNumbers), "3.npy: row 1: \"ten\" is not a number");
  EXPECT_EQ(problem(npy<double>(DType::f64, {2, 1}, {1, 2}), 2, kNumbers),
            "3.npy: 2 dimensions, where one was expected: a number per sample");
}

}  // namespace
}  // namespace joulebench
