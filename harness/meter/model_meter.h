#pragma once

#include <functional>

#include "core/clock.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {

/// Not a measurement: CPU seconds of what is watched times declared watts for each busy CPU. For
/// machines without a counter; its class is `modelled` and it is opened only when it is named.
class ModelMeter final : public EnergyMeter {
 public:
  /// `cpu_time` says the CPU seconds used so far; it may start again at 0 (a new process), never
  /// costs less than nothing, and may throw nothing.
  ModelMeter(Watts per_cpu, std::function<Seconds()> cpu_time, Clock& clock);
  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override;

 private:
  DomainInfo info_;
  Watts per_cpu_;
  std::function<Seconds()> cpu_time_;
  Clock* clock_;
  Seconds last_{0};
  Seconds total_{0};
};

}  // namespace joulebench
