#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/energy.h"

namespace joulebench {

/// Which part of the machine a RAPL counter stands for. Two counters with one identity are one
/// counter.
struct RaplIdentity {
  DomainKind kind = DomainKind::cpu_package;
  unsigned package = 0;
  std::optional<unsigned> die;  // absent: the package is one die, or the name does not say

  friend bool operator==(const RaplIdentity&, const RaplIdentity&) = default;
  std::string domain_name() const;  // "cpu-package-0", "cpu-package-0-die-1", "dram-0", "psys"
};

/// "package-0" or "package-1-die-2" as a zone's name says it; absent for other names.
std::optional<RaplIdentity> package_identity(std::string_view zone_name);

/// One folder below SYSFS/class/powercap.
struct PowercapZone {
  std::filesystem::path folder;  // SYSFS/class/powercap/intel-rapl:0:1
  RaplIdentity identity;
  std::optional<Watts> highest_limit;  // of the zone's power constraints

  std::string source() const { return "powercap:" + folder.filename().string(); }
};

/// What was found, joined by identity: the twin under intel-rapl-mmio is left out when the zone
/// itself is there. Zones whose name means nothing to us are left out.
std::vector<PowercapZone> find_powercap_zones(const std::filesystem::path& sysfs);

/// One event of the PMU `power` on one package.
struct PerfEvent {
  RaplIdentity identity;
  std::string name;  // "energy-pkg"
  std::uint32_t type = 0;
  std::uint64_t config = 0;
  double joules_per_count = 0;
  int cpu = 0;

  std::string source() const { return "perf:power/" + name + "/"; }
};

/// The RAPL events that sysfs lists, once a package and die; psys once in all. Empty without the
/// PMU. Errors: none; an event whose files cannot be understood is left out.
std::vector<PerfEvent> find_perf_events(const std::filesystem::path& sysfs);

/// The unit behind a powercap zone: what the kernel multiplies a 32-bit register with.
struct PowercapUnit {
  std::uint64_t shown_nj = 0;  // whole nanojoules, as the kernel rounds it: 61035
  double joules = 0;           // the true one: 2^-14 J

  std::uint64_t shown_uj(std::uint64_t counts) const { return counts * shown_nj / 1000; }
  /// The count that the kernel shows as `uj`; absent: no count does, so this is not the unit.
  std::optional<std::uint64_t> counts_of(std::uint64_t uj) const;
};

/// The unit that explains a zone's range: exactly when the range is that of a full 32-bit register,
/// else the commonest unit under which the range is a whole number of counts; readings must confirm
/// that one. Absent: no known unit fits.
std::optional<PowercapUnit> unit_of_range(std::uint64_t max_energy_range_uj);

}  // namespace joulebench
