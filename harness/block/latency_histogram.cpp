#include "harness/block/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace joulebench {
namespace {

constexpr double kLeast = 1e-7;  // s
constexpr double kMost = 1e4;
constexpr double kWidth = 0.001;  // of a bin, on the logarithm

}  // namespace

LatencyHistogram::LatencyHistogram()
    : bins_(static_cast<std::size_t>(std::ceil(std::log(kMost / kLeast) / kWidth))) {}

void LatencyHistogram::add(Seconds latency) {
  const double place = std::log(std::max(latency.count(), kLeast) / kLeast) / kWidth;
  ++bins_[std::min(static_cast<std::size_t>(place), bins_.size() - 1)];
  ++count_;
}

Seconds LatencyHistogram::quantile(double share) const {
  if (count_ == 0) throw std::logic_error("bug: a quantile of no latencies");
  const auto wanted =
      static_cast<std::uint64_t>(std::max(1.0, std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  std::size_t bin = 0;
  while ((seen += bins_[bin]) < wanted) ++bin;
  return Seconds(kLeast * std::exp((static_cast<double>(bin) + 0.5) * kWidth));
}

Latency LatencyHistogram::figures() const {
  return {.p50 = quantile(0.5), .p90 = quantile(0.9), .p99 = quantile(0.99)};
}

}  // namespace joulebench
