#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"

namespace joulebench {

/// One counter of consumed energy: a CPU package, a GPU board. One caller at a time.
/// Scope   everything the device did, ours or not.
/// Errors  read() never throws for a device that does not answer: the sample has no joules (a gap).
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  virtual const DomainInfo& domain() const = 0;
  /// Joules since this meter was opened, wraps undone, with the clock before and after the read.
  virtual EnergySample read() = 0;
};

}  // namespace joulebench
