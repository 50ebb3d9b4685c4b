#include "core/energy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace joulebench {
namespace {

using namespace std::string_view_literals;

constexpr std::array kDomainKinds = {std::pair{DomainKind::cpu_package, "cpu-package"},
                                     std::pair{DomainKind::core, "core"},
                                     std::pair{DomainKind::uncore, "uncore"},
                                     std::pair{DomainKind::dram, "dram"},
                                     std::pair{DomainKind::psys, "psys"},
                                     std::pair{DomainKind::gpu, "gpu"},
                                     std::pair{DomainKind::wall, "wall"},
                                     std::pair{DomainKind::model, "model"}};

constexpr std::array kClasses = {
    std::pair{EnergyClass::measured, "measured"}, std::pair{EnergyClass::derived, "derived"},
    std::pair{EnergyClass::modelled, "modelled"}, std::pair{EnergyClass::suspect, "suspect"},
    std::pair{EnergyClass::unavailable, "unavailable"}};

SteadyTime middle_of(const EnergySample& sample) {
  return sample.before + (sample.after - sample.before) / 2;
}

struct Level {
  Joules joules;
  Joules error;
};

/// Where a counter stood at `time`; `readings` are of one domain, in time order.
std::optional<Level> level_at(const std::vector<const EnergySample*>& readings, SteadyTime time) {
  const auto after = std::lower_bound(
      readings.begin(), readings.end(), time,
      [](const EnergySample* sample, SteadyTime t) { return middle_of(*sample) < t; });
  if (after == readings.end() || !(*after)->joules) return std::nullopt;
  const SteadyTime to = middle_of(**after);
  if (to == time) return Level{*(*after)->joules, Joules{0}};
  if (after == readings.begin() || !(*std::prev(after))->joules) return std::nullopt;
  const EnergySample& before = **std::prev(after);
  const SteadyTime from = middle_of(before);
  const double share = Seconds(time - from) / Seconds(to - from);
  const Joules between = *(*after)->joules - *before.joules;
  return Level{*before.joules + between * share, between * std::min(share, 1 - share)};
}

}  // namespace

const char* to_string(DomainKind kind) {
  for (const auto& [known, name] : kDomainKinds) {
    if (known == kind) return name;
  }
  throw std::logic_error("bug: unknown domain kind");
}

const char* to_string(EnergyClass energy_class) {
  for (const auto& [known, name] : kClasses) {
    if (known == energy_class) return name;
  }
  throw std::logic_error("bug: unknown energy class");
}

std::optional<DomainKind> domain_kind_from(std::string_view name) {
  for (const auto& [kind, known] : kDomainKinds) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::optional<EnergyClass> energy_class_from(std::string_view name) {
  for (const auto& [energy_class, known] : kClasses) {
    if (known == name) return energy_class;
  }
  return std::nullopt;
}

EnergyClass worse(EnergyClass a, EnergyClass b) {
  return a < b ? b : a;
}

std::optional<EnergyTotal> total_of(const std::vector<DomainEnergy>& domains) {
  EnergyTotal total;
  bool any = false;
  for (const DomainEnergy& energy : domains) {
    if (!energy.domain.in_total) continue;
    if (!energy.joules) return std::nullopt;
    any = true;
    total.joules += *energy.joules;
    total.error += energy.error;
    total.energy_class = worse(total.energy_class, energy.domain.energy_class);
  }
  if (!any) return std::nullopt;
  return total;
}

std::vector<std::vector<DomainEnergy>> energy_since(const EnergyTrace& trace, SteadyTime from,
                                                    std::span<const SteadyTime> instants) {
  std::vector<std::vector<DomainEnergy>> energies(instants.size());
  for (std::size_t domain = 0; domain < trace.domains.size(); ++domain) {
    std::vector<const EnergySample*> readings;
    for (const EnergySample& sample : trace.samples) {
      if (sample.domain == domain) readings.push_back(&sample);
    }
    const std::optional<Level> start = level_at(readings, from);
    for (std::size_t i = 0; i < instants.size(); ++i) {
      DomainEnergy energy{.domain = trace.domains[domain], .joules = {}, .error = {}, .flags = {}};
      const std::optional<Level> level = level_at(readings, instants[i]);
      if (start && level) {
        energy.joules = level->joules - start->joules;
        energy.error = level->error + start->error;
      }
      energies[i].push_back(std::move(energy));
    }
  }
  return energies;
}

}  // namespace joulebench
