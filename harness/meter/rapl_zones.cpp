#include "harness/meter/rapl_zones.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/file.h"
#include "harness/meter/kernel_file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

template <class Number>
std::optional<Number> parse(std::string_view text, int base = 10) {
  Number number{};
  const char* stop = text.data() + text.size();
  std::from_chars_result result;
  if constexpr (std::is_floating_point_v<Number>) {
    result = std::from_chars(text.data(), stop, number);
  } else {
    result = std::from_chars(text.data(), stop, number, base);
  }
  if (result.ec != std::errc{} || result.ptr != stop) return std::nullopt;
  return number;
}

template <class Number>
std::optional<Number> read_number(const fs::path& path) {
  const auto line = read_line(path);
  return line ? parse<Number>(*line) : std::nullopt;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) entries.push_back(entry.path());
  return entries;
}

/// "intel-rapl:0:2" is {"intel-rapl", {0, 2}}; sorting by it puts zone 10 behind zone 9.
using ZoneOrder = std::pair<std::string, std::vector<unsigned>>;
std::optional<ZoneOrder> zone_order(const std::string& name) {
  ZoneOrder order;
  std::size_t at = name.find(':');
  if (at == std::string::npos) return std::nullopt;
  order.first = name.substr(0, at);
  while (at != std::string::npos) {
    const std::size_t next = name.find(':', at + 1);
    const auto number = parse<unsigned>(
        std::string_view(name).substr(at + 1, next == std::string::npos ? next : next - at - 1));
    if (!number) return std::nullopt;
    order.second.push_back(*number);
    at = next;
  }
  return order;
}

std::optional<Watts> highest_limit_of(const fs::path& folder) {
  std::optional<Watts> highest;
  bool any = true;
  for (int i = 0; any && i < 8; ++i) {
    any = false;
    for (const char* what : {"power_limit_uw", "max_power_uw"}) {
      const auto uw = read_number<std::uint64_t>(folder / fmt::format("constraint_{}_{}", i, what));
      if (!uw) continue;
      any = true;
      const Watts limit{static_cast<double>(*uw) * 1e-6};
      if (*uw > 0 && (!highest || *highest < limit)) highest = limit;
    }
  }
  return highest;
}

std::optional<DomainKind> part_kind(std::string_view name) {
  if (name == "core") return DomainKind::core;
  if (name == "uncore") return DomainKind::uncore;
  if (name == "dram") return DomainKind::dram;
  return std::nullopt;
}

/// "0-3,8" to {0, 1, 2, 3, 8}.
std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = parse<int>(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse<int>(part.substr(dash + 1));
    if (first && last && *last - *first < 65536) {
      for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    }
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return cpus;
}

}  // namespace

std::string RaplIdentity::domain_name() const {
  if (kind == DomainKind::psys) return package == 0 ? "psys" : fmt::format("psys-{}", package);
  std::string name = fmt::format("{}-{}", to_string(kind), package);
  if (die) name += fmt::format("-die-{}", *die);
  return name;
}

std::optional<RaplIdentity> package_identity(std::string_view zone_name) {
  constexpr std::string_view kPackage = "package-";
  constexpr std::string_view kDie = "-die-";
  if (!zone_name.starts_with(kPackage)) return std::nullopt;
  zone_name.remove_prefix(kPackage.size());
  const std::size_t die_at = zone_name.find(kDie);
  RaplIdentity identity;
  const auto package = parse<unsigned>(zone_name.substr(0, die_at));
  if (!package) return std::nullopt;
  identity.package = *package;
  if (die_at != std::string_view::npos) {
    identity.die = parse<unsigned>(zone_name.substr(die_at + kDie.size()));
    if (!identity.die) return std::nullopt;
  }
  return identity;
}

std::vector<PowercapZone> find_powercap_zones(const fs::path& sysfs) {
  std::vector<std::pair<ZoneOrder, fs::path>> folders;
  for (const fs::path& folder : entries_of(sysfs / "class/powercap")) {
    auto order = zone_order(folder.filename().string());
    if (order && order->first.starts_with("intel-rapl"))
      folders.emplace_back(std::move(*order), folder);
  }
  // "intel-rapl" sorts before "intel-rapl-mmio": the first keeps the identity.
  std::sort(folders.begin(), folders.end());

  std::vector<PowercapZone> zones;
  std::map<ZoneOrder, RaplIdentity> packages;
  unsigned psys_count = 0;
  for (const auto& [order, folder] : folders) {
    const auto name = read_line(folder / "name");
    if (!name) continue;
    PowercapZone zone{.folder = folder};
    if (const auto package = package_identity(*name)) {
      zone.identity = *package;
      packages[order] = *package;
    } else if (*name == "psys") {
      zone.identity = {.kind = DomainKind::psys, .package = psys_count};
      if (order.first == "intel-rapl") ++psys_count;
    } else if (const auto kind = part_kind(*name); kind && order.second.size() == 2) {
      const auto parent = packages.find({order.first, {order.second.front()}});
      if (parent == packages.end()) continue;
      zone.identity = parent->second;
      zone.identity.kind = *kind;
    } else {
      continue;
    }
    const bool twin = std::any_of(zones.begin(), zones.end(), [&](const PowercapZone& known) {
      return known.identity == zone.identity;
    });
    if (twin) continue;
    zone.highest_limit = highest_limit_of(folder);
    zones.push_back(std::move(zone));
  }
  return zones;
}

std::vector<PerfEvent> find_perf_events(const fs::path& sysfs) {
  const fs::path pmu = sysfs / "bus/event_source/devices/power";
  const auto type = read_number<std::uint32_t>(pmu / "type");
  const auto cpumask = read_line(pmu / "cpumask");
  if (!type || !cpumask) return {};

  // One reading CPU of each package and die; the die is named only where a package has several.
  std::map<unsigned, std::map<unsigned, int>> cpu_of_die;
  for (const int cpu : parse_cpu_list(*cpumask)) {
    const fs::path topology = sysfs / fmt::format("devices/system/cpu/cpu{}/topology", cpu);
    const unsigned package = read_number<unsigned>(topology / "physical_package_id").value_or(0);
    const unsigned die = read_number<unsigned>(topology / "die_id").value_or(0);
    cpu_of_die[package].emplace(die, cpu);
  }

  static constexpr std::pair<const char*, DomainKind> kEvents[] = {
      {"energy-pkg", DomainKind::cpu_package},
      {"energy-cores", DomainKind::core},
      {"energy-gpu", DomainKind::uncore},
      {"energy-ram", DomainKind::dram},
      {"energy-psys", DomainKind::psys}};
  std::vector<PerfEvent> events;
  for (const auto& [name, kind] : kEvents) {
    const auto definition = read_line(pmu / "events" / name);
    const auto scale = read_line(pmu / "events" / fmt::format("{}.scale", name));
    const auto unit = read_line(pmu / "events" / fmt::format("{}.unit", name));
    if (!definition || !scale || (unit && *unit != "Joules")) continue;
    constexpr std::string_view kEvent = "event=0x";
    if (!definition->starts_with(kEvent)) continue;
    const auto config =
        parse<std::uint64_t>(std::string_view(*definition).substr(kEvent.size()), 16);
    const auto joules_per_count = parse<double>(*scale);
    if (!config || !joules_per_count || !(*joules_per_count > 0)) continue;
    for (const auto& [package, dies] : cpu_of_die) {
      for (const auto& [die, cpu] : dies) {
        PerfEvent event{.identity = {.kind = kind, .package = package},
                        .name = name,
                        .type = *type,
                        .config = *config,
                        .joules_per_count = *joules_per_count,
                        .cpu = cpu};
        if (dies.size() > 1) event.identity.die = die;
        // Every package repeats the one psys counter of the board.
        if (kind == DomainKind::psys) event.identity = {.kind = kind, .package = 0};
        const bool known = std::any_of(events.begin(), events.end(), [&](const PerfEvent& other) {
          return other.identity == event.identity;
        });
        if (!known) events.push_back(std::move(event));
      }
    }
  }
  return events;
}

std::optional<std::uint64_t> PowercapUnit::counts_of(std::uint64_t uj) const {
  // The kernel shows floor(counts * nj / 1000); a unit is more than 1 uJ, so rounding up undoes it.
  const std::uint64_t counts = (uj * 1000 + shown_nj - 1) / shown_nj;
  if (shown_uj(counts) != uj) return std::nullopt;
  return counts;
}

std::optional<PowercapUnit> unit_of_range(std::uint64_t range_uj) {
  // drivers/powercap/intel_rapl_common.c: energy_unit = 10^9 / 2^n nJ, in whole nanojoules; some
  // servers' DRAM has 15300 nJ fixed; Atoms have 1000 * 2^n nJ. 2^-14 and 2^-16 J are the
  // commonest.
  static const std::vector<PowercapUnit> kUnits = [] {
    std::vector<PowercapUnit> units;
    for (const int n : {14, 16, 15, 13, 12, 11, 10, 17, 18, 19, 9, 8}) {
      units.push_back({1'000'000'000u >> n, std::ldexp(1.0, -n)});
    }
    units.push_back({15300, 15300e-9});
    for (int n = 1; n < 12; ++n) units.push_back({1000u << n, (1000u << n) * 1e-9});
    return units;
  }();
  if (range_uj > std::uint64_t{1} << 53) return std::nullopt;  // would not fit the arithmetic in nJ
  for (const PowercapUnit& unit : kUnits) {
    if (unit.shown_uj(0xffffffffu) == range_uj) return unit;
  }
  for (const PowercapUnit& unit : {kUnits[0], kUnits[1]}) {
    if (unit.counts_of(range_uj)) return unit;
  }
  return std::nullopt;
}

}  // namespace joulebench
