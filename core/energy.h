#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.h"

namespace joulebench {

/// What a domain measures. core and uncore lie inside a package; psys and wall hold everything.
enum class DomainKind { cpu_package, core, uncore, dram, psys, gpu, wall, model };

/// How far to trust a domain, from best to none (design.md section 2).
enum class EnergyClass { measured, derived, modelled, suspect, unavailable };

const char* to_string(DomainKind kind);           // "cpu-package"
const char* to_string(EnergyClass energy_class);  // "measured"
std::optional<DomainKind> domain_kind_from(std::string_view name);
std::optional<EnergyClass> energy_class_from(std::string_view name);

/// The less trustworthy of two.
EnergyClass worse(EnergyClass a, EnergyClass b);

/// Something that a reader of a result should know: `name` for programs, `detail` with figures for
/// people.
struct Flag {
  std::string name;    // "gap", "reset", "throttled"
  std::string detail;  // "powercap:intel-rapl:0 could not be read 3 times"
};

/// One source of joules, as far as it is the same for all windows.
struct DomainInfo {
  std::string name;  // "cpu-package-0", "package-0-die-1", "dram-0", "gpu-0"
  DomainKind kind = DomainKind::cpu_package;
  std::string
      source;  // "powercap:intel-rapl:0", "perf:power/energy-pkg/", "nvml:GPU-uuid", "model"
  EnergyClass energy_class = EnergyClass::measured;
  bool in_total = false;  // counts in the total; core, uncore, psys and twins do not
};

/// What one domain used over one window, or over several of them added.
struct DomainEnergy {
  DomainInfo domain;             // the class is the one of this window: a frozen counter is suspect
  std::optional<Joules> joules;  // absent: unavailable, or the window is void
  Joules error;                  // half width of the 95 % interval around joules
  std::vector<Flag> flags;
};

/// What all domains used between two instants.
struct WindowEnergy {
  SteadyTime started{};
  SteadyTime ended{};
  std::vector<DomainEnergy> domains;
  bool is_void = false;  // an end could not be read, or a counter was reset: there is no number
  std::vector<Flag> flags;
  std::string total_formula;  // "cpu-package-0 + dram-0"

  Seconds wall() const { return ended - started; }
};

/// Sum over the domains with in_total, errors added up (a sensor's gain is common to all windows).
/// Absent when the window is void or a domain of the total has no joules.
struct EnergyTotal {
  Joules joules;
  Joules error;
  EnergyClass energy_class = EnergyClass::measured;  // the worst of the summands
};
std::optional<EnergyTotal> total_of(const std::vector<DomainEnergy>& domains);

/// One reading of one domain, with the clock before and after it.
struct EnergySample {
  std::uint32_t domain = 0;  // index into EnergyTrace::domains
  SteadyTime before{};
  SteadyTime after{};
  std::optional<Joules>
      joules;  // since the meter was opened, wraps undone; absent: the read failed
};

struct TraceMark {
  SteadyTime time{};
  std::string name;  // "ready", "pass 1", "phase epoch 3"
};

/// What a device says about itself beside its energy.
struct TraceReading {
  std::uint32_t domain = 0;  // index into EnergyTrace::domains
  SteadyTime time{};
  std::optional<Watts> watts;
  std::optional<double> celsius;
};

/// The readings behind the windows of one block, in time order; kept unrounded in trace.csv.
struct EnergyTrace {
  std::vector<DomainInfo> domains;
  std::vector<EnergySample> samples;
  std::vector<TraceMark> marks;
  std::vector<TraceReading> readings;
};

/// What every domain of a trace used from `from` until each of `instants`, by straight lines
/// between its readings. The error at an end that lies a share f between two readings is min(f, 1 -
/// f) of what was used between them: as far as the truth can be from the line while power is
/// anything up to twice its mean there. Absent joules: no reading on one side, or a gap.
std::vector<std::vector<DomainEnergy>> energy_since(const EnergyTrace& trace, SteadyTime from,
                                                    std::span<const SteadyTime> instants);

}  // namespace joulebench
