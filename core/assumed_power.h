#pragma once

#include <optional>

#include "core/energy.h"
#include "core/units.h"

namespace joulebench {

/// Watts of a busy CPU that a modelled domain assumes ("model:10"); absent for all others. Nobody
/// knows how wrong that is: a page shows the watts and no error, and where a range helps, that
/// between kModelFactor times less and more.
std::optional<Watts> assumed_power(const DomainInfo& domain);
inline constexpr double kModelFactor = 2;

}  // namespace joulebench
