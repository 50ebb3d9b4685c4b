#include "harness/meter/open_meters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <utility>

#include "core/error.h"
#include "core/nearest_name.h"
#include "harness/meter/energy_monitor.h"
#include "harness/meter/hwmon_meter.h"
#include "harness/meter/line_meter.h"
#include "harness/meter/model_meter.h"
#include "harness/meter/nvml_meter.h"
#include "harness/meter/perf_meter.h"
#include "harness/meter/powercap_meter.h"
#include "harness/meter/rapl_zones.h"
#include "harness/meter/unavailable_meter.h"

namespace joulebench {
namespace {

constexpr double kDefaultModelWatts = 10;

struct Wanted {
  bool perf = false;
  bool powercap = false;
  bool nvml = false;
  bool hwmon = false;
  bool is_auto = false;
  std::optional<Watts> model;
};

Wanted understand(const std::vector<std::string>& names) {
  static const std::vector<std::string> kNames = {"auto", "rapl",  "perf",  "powercap",
                                                  "nvml", "hwmon", "model", "none"};
  Wanted wanted;
  for (const std::string& name : names) {
    if (name == "auto") {
      wanted.perf = wanted.powercap = wanted.nvml = wanted.hwmon = true;
      wanted.is_auto = true;
    } else if (name == "rapl") {
      wanted.perf = wanted.powercap = true;
    } else if (name == "nvml") {
      wanted.nvml = true;
    } else if (name == "hwmon") {
      wanted.hwmon = true;
    } else if (name == "perf") {
      wanted.perf = true;
    } else if (name == "powercap") {
      wanted.powercap = true;
    } else if (name == "model") {
      wanted.model = Watts{kDefaultModelWatts};
    } else if (name.starts_with("model:")) {
      double watts = 0;
      const char* end = name.data() + name.size();
      const auto [stopped, error] = std::from_chars(name.data() + 6, end, watts);
      if (error != std::errc{} || stopped != end || !(watts > 0) || watts > 10000) {
        throw Error({.what = "cannot open the meters",
                     .where = fmt::format(
                         "--meters {}: the watts of a busy CPU are a number above 0", name),
                     .hint = "for example --meters model:15"});
      }
      wanted.model = Watts{watts};
    } else if (name != "none") {
      const std::string near = nearest_name(name, kNames);
      throw Error({.what = "cannot open the meters",
                   .where = fmt::format("--meters {}: there is no such meter", name),
                   .hint = near.empty() ? fmt::format("choose from {}", fmt::join(kNames, ", "))
                                        : fmt::format("did you mean {}?", near)});
    }
  }
  return wanted;
}

bool is_virtual_machine() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("flags")) return line.find(" hypervisor") != std::string::npos;
  }
  return false;
}

bool is_amd() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("vendor_id")) return line.find("AuthenticAMD") != std::string::npos;
  }
  return false;
}

bool is_refusal(const std::string& where) {
  return where.ends_with("Permission denied") || where.ends_with("Operation not permitted");
}

void open_rapl(const Wanted& wanted, const MeterRequest& request, Clock& clock,
               OpenedMeters& opened) {
  const std::vector<PowercapZone> zones = find_powercap_zones(request.sysfs);
  const std::vector<PerfEvent> events =
      wanted.perf ? find_perf_events(request.sysfs) : std::vector<PerfEvent>{};
  std::vector<std::pair<RaplIdentity, std::unique_ptr<EnergyMeter>>> found;
  std::vector<MissingSource> refused;
  struct Unread {
    RaplIdentity identity;
    std::string source, reason;
  };
  std::vector<Unread> unread;
  const auto is_known = [&](const RaplIdentity& identity) {
    return std::any_of(found.begin(), found.end(),
                       [&](const auto& known) { return known.first == identity; });
  };
  // AMD's counter is that of the package, and some kernels show it again for each die. Counts of
  // perf begin at 0, so that the repetition cannot be seen in them.
  const bool drops_dies = is_amd();
  for (const PerfEvent& event : events) {
    if (drops_dies && event.identity.die &&
        std::any_of(found.begin(), found.end(), [&](const auto& known) {
          return known.first.kind == event.identity.kind &&
                 known.first.package == event.identity.package;
        })) {
      continue;
    }
    std::optional<Watts> limit;
    for (const PowercapZone& zone : zones) {
      if (zone.identity == event.identity) limit = zone.highest_limit;
    }
    try {
      found.emplace_back(event.identity, std::make_unique<PerfMeter>(event, limit, clock));
    } catch (const Error& error) {
      const std::string& where = error.parts().where;
      unread.push_back({event.identity, event.source(), where});
      refused.push_back({event.source(), where.substr(where.find("CPU ")),
                         is_refusal(where) ? "sudo sysctl kernel.perf_event_paranoid=0"
                                           : "read it by powercap: --meters powercap"});
    }
  }
  if (wanted.powercap) {
    std::vector<std::pair<RaplIdentity, PowercapMeter*>> dies;
    for (const PowercapZone& zone : zones) {
      if (is_known(zone.identity)) continue;
      try {
        auto meter = std::make_unique<PowercapMeter>(zone, clock);
        if (zone.identity.die) {
          // AMD shows a package's one counter again for each die. Two counters of their own do not
          // stand at the same value between two looks at one of them.
          const bool repeats = std::any_of(dies.begin(), dies.end(), [&](const auto& other) {
            if (other.first.package != zone.identity.package ||
                other.first.kind != zone.identity.kind)
              return false;
            const auto low = other.second->shown_uj();
            const auto here = meter->shown_uj();
            const auto high = other.second->shown_uj();
            return low && here && high && *low <= *here && *here <= *high;
          });
          if (repeats) continue;
          dies.emplace_back(zone.identity, meter.get());
        }
        found.emplace_back(zone.identity, std::move(meter));
      } catch (const Error& error) {
        const std::string& where = error.parts().where;
        unread.push_back({zone.identity, zone.source(), where});
        refused.push_back(
            {zone.source(), where,
             is_refusal(where)
                 ? fmt::format("sudo chmod a+r {}/class/powercap/intel-rapl*/energy_uj",
                               request.sysfs.string())
                 : "the driver gives no value; look at the kernel's messages: sudo dmesg"});
      }
    }
  }
  if (found.empty() && refused.empty()) {
    opened.missing.push_back(
        {"rapl", fmt::format("no RAPL counter below {}", request.sysfs.string()),
         is_virtual_machine()
             ? "this is a virtual machine whose host hides them: measure on the host, or "
               "estimate with --meters model"
             : "sudo modprobe intel_rapl_msr; or estimate with --meters model"});
  }
  // Beside others that can be read, what cannot keeps its place.
  const bool any_found = !found.empty();
  for (const Unread& one : unread) {
    if (!any_found || is_known(one.identity)) continue;
    found.emplace_back(one.identity,
                       std::make_unique<UnavailableMeter>(
                           DomainInfo{.name = one.identity.domain_name(),
                                      .kind = one.identity.kind,
                                      .source = one.source,
                                      .in_total = one.identity.kind == DomainKind::cpu_package ||
                                                  one.identity.kind == DomainKind::dram},
                           one.reason));
  }
  // Packages first, then their parts, each in the order of the packages.
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const auto rank = [](DomainKind kind) {
      return kind == DomainKind::cpu_package ? 0 : kind == DomainKind::dram ? 1 : 2;
    };
    return rank(a.first.kind) < rank(b.first.kind);
  });
  for (auto& [identity, meter] : found) opened.meters.push_back(std::move(meter));
  for (MissingSource& missing : refused) opened.missing.push_back(std::move(missing));
}

}  // namespace

OpenedMeters open_meters(const MeterRequest& request, Clock& clock) {
  const Wanted wanted = understand(request.names);
  OpenedMeters opened;
  if (wanted.perf || wanted.powercap) open_rapl(wanted, request, clock, opened);
  const auto take = [&](std::vector<std::unique_ptr<EnergyMeter>> meters) {
    for (auto& meter : meters) opened.meters.push_back(std::move(meter));
  };
  if (wanted.nvml) {
    take(open_nvml_meters(request.nvml_library, !wanted.is_auto, clock, opened.missing));
  }
  if (wanted.hwmon) {
    const auto has = [&](DomainKind kind) {
      return std::any_of(opened.meters.begin(), opened.meters.end(),
                         [kind](const auto& meter) { return meter->domain().kind == kind; });
    };
    take(open_hwmon_meters(request.sysfs, has(DomainKind::cpu_package), has(DomainKind::gpu), clock,
                           opened.missing));
  }
  const bool counts_alone =
      std::none_of(opened.meters.begin(), opened.meters.end(),
                   [](const auto& meter) { return meter->domain().in_total; });
  for (unsigned i = 0; i < request.commands.size(); ++i) {
    // A meter at the wall holds all others: it is the total only where there is no other.
    opened.meters.push_back(
        std::make_unique<LineMeter>(request.commands[i], i, counts_alone && i == 0, clock));
  }
  if (wanted.model) {
    opened.meters.push_back(std::make_unique<ModelMeter>(*wanted.model, request.cpu_time, clock));
  }
  std::vector<DomainInfo> domains;
  for (const auto& meter : opened.meters) domains.push_back(meter->domain());
  opened.total_formula = total_formula_of(domains);
  return opened;
}

}  // namespace joulebench
