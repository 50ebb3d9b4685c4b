#include "scoring/counted_domains.h"

#include <algorithm>
#include <set>

namespace joulebench {
namespace {

bool counts(const DomainEnergy& energy, const EnergyRule& rule, std::set<DomainKind>& once) {
  const DomainKind kind = energy.domain.kind;
  // The model stands for every domain: it is there only when it was asked for in their place.
  if (kind == DomainKind::model) return energy.domain.in_total;
  if (std::find(rule.domains.begin(), rule.domains.end(), kind) == rule.domains.end()) return false;
  // psys and wall hold the whole machine and are never in the total; perf shows psys once a
  // package.
  if (kind == DomainKind::psys || kind == DomainKind::wall) return once.insert(kind).second;
  return energy.domain.in_total;
}

}  // namespace

std::vector<const DomainEnergy*> counted_domains(const std::vector<DomainEnergy>& energies,
                                                 const EnergyRule& rule) {
  std::vector<const DomainEnergy*> counted;
  std::set<DomainKind> once;
  for (const DomainEnergy& energy : energies) {
    if (counts(energy, rule, once)) counted.push_back(&energy);
  }
  return counted;
}

}  // namespace joulebench
