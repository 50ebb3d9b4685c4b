#include "harness/meter/meter_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/file.h"

namespace joulebench {

EnergyFilter energy_filter(const std::filesystem::path& msr) {
  constexpr off_t kMiscPackageControls = 0xbc;
  const FileDescriptor file(::open(msr.c_str(), O_RDONLY | O_CLOEXEC));
  std::uint64_t value = 0;
  if (!file.is_open() ||
      ::pread(file.get(), &value, sizeof value, kMiscPackageControls) != sizeof value) {
    return EnergyFilter::not_readable;
  }
  return (value & 1) != 0 ? EnergyFilter::on : EnergyFilter::off;
}

bool MeterReport::can_rank() const {
  bool any = false;
  for (const SourceReport& source : sources) {
    if (!source.domain.in_total) continue;
    any = true;
    if (source.domain.energy_class > EnergyClass::derived) return false;
  }
  return any;
}

MeterReport inspect_meters(const MeterRequest& request, Clock& clock, Seconds time) {
  OpenedMeters opened = open_meters(request, clock);
  MeterReport report{.missing = std::move(opened.missing),
                     .total_formula = std::move(opened.total_formula),
                     .filter = energy_filter()};
  for (const auto& meter : opened.meters) report.sources.push_back({.traits = meter->traits()});
  EnergyMonitor monitor(std::move(opened.meters), clock, {});
  monitor.begin_window();
  monitor.calibrate(time);
  const WindowEnergy window = monitor.end_window();
  const std::vector<CounterStatistics> statistics = monitor.statistics();
  for (std::size_t i = 0; i < report.sources.size(); ++i) {
    SourceReport& source = report.sources[i];
    const DomainEnergy& energy = window.domains[i];
    source.domain = energy.domain;
    source.statistics = statistics[i];
    source.flags = energy.flags;
    if (energy.joules) source.power = *energy.joules / window.wall();
  }
  return report;
}

}  // namespace joulebench
