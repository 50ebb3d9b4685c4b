#pragma once

#include <memory>

#include "core/clock.h"
#include "core/file.h"
#include "harness/meter/energy_meter.h"
#include "harness/meter/rapl_zones.h"
#include "harness/meter/wrapping_counter.h"

namespace joulebench {

/// A RAPL counter behind powercap. Keeps energy_uj open; counts in the register's own units where
/// they are known, which undoes the kernel's rounding of the unit (61.03515625 uJ shown as 61.035
/// uJ).
class PowercapMeter final : public EnergyMeter {
 public:
  /// Errors: Error when energy_uj or max_energy_range_uj cannot be read; parts().where has the
  /// reason.
  PowercapMeter(const PowercapZone& zone, Clock& clock);
  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override;
  CounterTraits traits() const override;
  CounterEvents events() const override { return counter_.events(); }

  std::uint64_t range_uj() const { return range_uj_; }
  std::optional<PowercapUnit> unit() const { return unit_; }
  /// What the file says now; absent when it cannot be read.
  std::optional<std::uint64_t> shown_uj();

 private:
  WrappingCounter::Shape shape() const;
  std::uint64_t counts_of(std::uint64_t uj);

  DomainInfo info_;
  std::filesystem::path file_;
  FileDescriptor descriptor_;
  Clock* clock_;
  std::uint64_t range_uj_ = 0;
  std::optional<PowercapUnit> unit_;  // absent: counted in nanojoules
  Watts ceiling_{};
  Watts likely_most_{};
  bool limit_is_stated_ = false;
  std::uint64_t last_uj_ = 0;
  int last_errno_ = 0;
  WrappingCounter counter_;
};

/// More than a device of this kind can draw, for telling lies from readings: four times the highest
/// limit the zone states, else what no such device of today comes near.
Watts power_ceiling(DomainKind kind, std::optional<Watts> highest_limit);
/// What such a device draws at most when all is well: half more than its limit, else 250 W.
Watts likely_most_power(std::optional<Watts> highest_limit);

}  // namespace joulebench
