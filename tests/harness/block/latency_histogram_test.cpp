#include "harness/block/latency_histogram.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(LatencyHistogram, QuantilesAreThoseOfTheNearestRankWithinHalfABin) {
  LatencyHistogram latencies;
  for (int i = 1; i <= 1000; ++i) latencies.add(Seconds(1e-6 * i));
  EXPECT_NEAR(latencies.figures().p50.count(), 500e-6, 500e-6 * 0.0006);
  EXPECT_NEAR(latencies.figures().p90.count(), 900e-6, 900e-6 * 0.0006);
  EXPECT_NEAR(latencies.figures().p99.count(), 990e-6, 990e-6 * 0.0006);
  EXPECT_NEAR(latencies.quantile(0).count(), 1e-6, 1e-6 * 0.0006);
  EXPECT_NEAR(latencies.quantile(1).count(), 1e-3, 1e-3 * 0.0006);
}

TEST(LatencyHistogram, OneSampleIsAllOfThem) {
  LatencyHistogram latencies;
  EXPECT_TRUE(latencies.is_empty());
  latencies.add(Seconds(2));
  EXPECT_NEAR(latencies.figures().p50.count(), 2, 0.002);
  EXPECT_EQ(latencies.figures().p50, latencies.figures().p99);
}

TEST(LatencyHistogram, WhatLiesOutsideCountsAtTheEnd) {
  LatencyHistogram latencies;
  latencies.add(Seconds(0));
  latencies.add(Seconds(1e9));
  EXPECT_NEAR(latencies.quantile(0.5).count(), 1e-7, 1e-9);
  EXPECT_NEAR(latencies.quantile(1).count(), 1e4, 20);
}

}  // namespace
}  // namespace joulebench
