#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/energy.h"
#include "harness/meter/energy_monitor.h"
#include "harness/meter/open_meters.h"

namespace joulebench {

/// One counter as doctor shows it.
struct SourceReport {
  DomainInfo domain;  // the class is suspect when it stood still or failed while it was watched
  CounterTraits traits;
  CounterStatistics statistics;  // seen over the watching time
  std::optional<Watts> power;
  std::vector<Flag> flags;
};

/// Intel's filter that adds noise to RAPL against eavesdropping (MSR 0xBC, bit 0): energies of
/// short windows become less sure.
enum class EnergyFilter { off, on, not_readable };
EnergyFilter energy_filter(const std::filesystem::path& msr = "/dev/cpu/0/msr");

struct MeterReport {
  std::vector<SourceReport> sources;
  std::vector<MissingSource> missing;
  std::string total_formula;  // empty: nothing counts
  EnergyFilter filter = EnergyFilter::not_readable;

  /// Something measured counts in the total, and all that counts is sound.
  bool can_rank() const;
};

/// Opens the meters and watches each for `time`.
MeterReport inspect_meters(const MeterRequest& request, Clock& clock, Seconds time);

}  // namespace joulebench
