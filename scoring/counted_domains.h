#pragma once

#include <vector>

#include "core/competition.h"
#include "core/energy.h"

namespace joulebench {

/// Those of a block's domains that the track's energy is the sum of, in their order.
std::vector<const DomainEnergy*> counted_domains(const std::vector<DomainEnergy>& energies,
                                                 const EnergyRule& rule);

}  // namespace joulebench
