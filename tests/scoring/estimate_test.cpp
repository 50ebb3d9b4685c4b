#include "scoring/estimate.h"

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
