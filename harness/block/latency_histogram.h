#pragma once

#include <cstdint>
#include <vector>

#include "core/run_record.h"
#include "core/units.h"

namespace joulebench {

/// How often which latency was seen, in bins of 0.1 %: of any number of samples in 200 KB. What
/// lies outside 100 ns to 3 hours counts in the bin at that end.
class LatencyHistogram {
 public:
  LatencyHistogram();

  void add(Seconds latency);
  bool is_empty() const { return count_ == 0; }
  /// The middle of the bin that holds the least latency which at least `share` of all do not
  /// exceed.
  Seconds quantile(double share) const;
  Latency figures() const;

 private:
  std::vector<std::uint64_t> bins_;
  std::uint64_t count_ = 0;
};

}  // namespace joulebench
