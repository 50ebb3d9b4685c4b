#pragma once

#include <string>
#include <utility>

#include "harness/meter/energy_meter.h"

namespace joulebench {

/// The place of a counter that is there but cannot be read, beside others that can: a total without
/// it would be silently too small, so it stands in the total as unavailable.
class UnavailableMeter final : public EnergyMeter {
 public:
  UnavailableMeter(DomainInfo info, std::string reason) : info_(std::move(info)) {
    info_.energy_class = EnergyClass::unavailable;
    events_.last_error = std::move(reason);
  }
  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override { return {}; }
  CounterEvents events() const override { return events_; }

 private:
  DomainInfo info_;
  CounterEvents events_;
};

}  // namespace joulebench
