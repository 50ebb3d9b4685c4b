#pragma once

#include <string>

#include "core/energy.h"

namespace joulebench {

/// Mean power between neighbouring readings of each domain in the total, over time since the first
/// one; marks as ticks. Gaps stay gaps. Empty when there are no two readings.
std::string power_trace_chart(const EnergyTrace& trace, int width, int height);

}  // namespace joulebench
