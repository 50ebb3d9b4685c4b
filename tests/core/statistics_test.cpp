#include "core/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace joulebench {
namespace {

TEST(WilsonInterval, AgreesWithThePublishedFormula) {
  // 81 of 263: Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
  const Interval interval = wilson_interval(81.0 / 263.0, 263, 0.95);
  EXPECT_NEAR(interval.low, 0.2553, 5e-5);
  EXPECT_NEAR(interval.high, 0.3662, 5e-5);
}

TEST(WilsonInterval, StaysInsideAtNoneAndAll) {
  // 0 of 20, the same table: 0 to 0.1611.
  const Interval none = wilson_interval(0, 20, 0.95);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.1611, 5e-5);
  const Interval all = wilson_interval(1, 20, 0.95);
  EXPECT_NEAR(all.low, 1 - 0.1611, 5e-5);
  EXPECT_EQ(all.high, 1);
}

TEST(WilsonInterval, OfNoTrialsIsABug) {
  EXPECT_THROW(wilson_interval(0.5, 0, 0.95), std::logic_error);
  EXPECT_THROW(wilson_interval(1.1, 10, 0.95), std::logic_error);
}

TEST(Quantiles, AgreeWithTables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(t_quantile(0.975, 4), 2.776445, 1e-6);
}

TEST(MedianAndMad, OfFiveNumbers) {
  const double values[] = {1, 9, 3, 2, 4};
  EXPECT_EQ(median_and_mad(values).median, 3);
  EXPECT_EQ(median_and_mad(values).mad, 1);
  const double even[] = {1, 2, 3, 10};
  EXPECT_EQ(median_and_mad(even).median, 2.5);
}

TEST(MeanOf, HasStudentsInterval) {
  // s = 1, t = 4.302653 for 2 degrees: half width 4.302653 / sqrt 3.
  const double values[] = {1, 2, 3};
  const Estimate mean = mean_of(values, 0.95);
  EXPECT_DOUBLE_EQ(mean.value, 2);
  EXPECT_NEAR(mean.interval->high - 2, 4.302653 / std::sqrt(3), 1e-6);
  const double one[] = {7};
  EXPECT_FALSE(mean_of(one, 0.95).interval);
  EXPECT_THROW(mean_of({}, 0.95), std::logic_error);
}

TEST(Welch, GivesFiguresThatCanBeCheckedByHand) {
  // Variances of the means 1/3 and 4/3: degrees (5/3)^2 / ((1/9 + 16/9) / 2) = 50/17.
  const double a[] = {1, 2, 3};
  const double b[] = {2, 4, 6};
  const WelchDifference difference = welch(sample_of(a), sample_of(b));
  EXPECT_DOUBLE_EQ(difference.difference, -2);
  EXPECT_DOUBLE_EQ(difference.variance, 5.0 / 3);
  EXPECT_NEAR(difference.degrees, 50.0 / 17, 1e-12);
  const double one[] = {1};
  EXPECT_THROW(welch(sample_of(a), sample_of(one)), std::logic_error);
}

TEST(GeometricMean, OfTwoBlocksIsTheRootOfTheirProduct) {
  const EnergyFigure blocks[] = {{.value = 4}, {.value = 9}};
  const Estimate mean = geometric_mean(blocks, 0.95);
  EXPECT_NEAR(mean.value, 6, 1e-12);
  // On the logarithm: s = |ln 9 - ln 4| / sqrt 2, half width 12.7062 s / sqrt 2.
  const double half = 12.706204736 * std::log(9.0 / 4.0) / 2;
  EXPECT_NEAR(mean.interval->low, 6 * std::exp(-half), 1e-8);
  EXPECT_NEAR(mean.interval->high / (6 * std::exp(half)), 1, 1e-8);
}

TEST(GeometricMean, KeepsTheSensorsErrorWhenBlocksAgree) {
  const EnergyFigure blocks[] = {{5, 0.02}, {5, 0.02}, {5, 0.02}};
  const Estimate mean = geometric_mean(blocks, 0.95);
  EXPECT_NEAR(mean.interval->high, 5 * 1.02, 1e-12);
  EXPECT_NEAR(mean.interval->low, 5 / 1.02, 1e-12);
}

TEST(GeometricMean, OfOneBlockHasNoInterval) {
  const EnergyFigure block[] = {{.value = 3, .relative_error = 0.1}};
  EXPECT_NEAR(geometric_mean(block, 0.95).value, 3, 1e-12);
  EXPECT_FALSE(geometric_mean(block, 0.95).interval);
}

TEST(GeometricMean, OfNothingOrOfZeroIsABug) {
  EXPECT_THROW(geometric_mean({}, 0.95), std::logic_error);
  const EnergyFigure zero[] = {{.value = 0}};
  EXPECT_THROW(geometric_mean(zero, 0.95), std::logic_error);
}

}  // namespace
}  // namespace joulebench
