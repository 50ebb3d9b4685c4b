#pragma once

#include "core/clock.h"
#include "core/file.h"
#include "harness/meter/energy_meter.h"
#include "harness/meter/rapl_zones.h"
#include "harness/meter/wrapping_counter.h"

namespace joulebench {

/// A RAPL counter behind the perf PMU `power`. The kernel unwraps the register into 64 bits.
class PerfMeter final : public EnergyMeter {
 public:
  /// Errors: Error when the event cannot be opened; parts().where has the reason.
  PerfMeter(const PerfEvent& event, std::optional<Watts> highest_limit, Clock& clock);
  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override;
  CounterTraits traits() const override;
  CounterEvents events() const override { return counter_.events(); }

 private:
  DomainInfo info_;
  Clock* clock_;
  FileDescriptor descriptor_;
  Watts ceiling_;
  WrappingCounter counter_;
  std::uint64_t last_count_ = 0;
  std::uint64_t lost_ = 0;  // counts of turns that were no turns
  SteadyTime last_before_{};
  int last_errno_ = 0;
};

}  // namespace joulebench
