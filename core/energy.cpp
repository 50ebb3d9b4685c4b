#include "core/energy.h"

#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace joulebench {
namespace {

using namespace std::string_view_literals;

constexpr std::array kKinds = {std::pair{DomainKind::cpu_package, "cpu-package"},
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

}  // namespace

const char* to_string(DomainKind kind) {
  for (const auto& [known, name] : kKinds) {
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
  for (const auto& [kind, known] : kKinds) {
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

}  // namespace joulebench
