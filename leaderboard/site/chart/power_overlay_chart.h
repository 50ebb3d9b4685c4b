#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/energy.h"
#include "leaderboard/site/texts.h"

namespace joulebench {

/// One block's readings, and when its first measured window began: what blocks are laid over one
/// another by.
struct TracedBlock {
  int number = 0;
  EnergyTrace trace;
  SteadyTime origin{};
};

/// Mean power of all domains in the total over time, one line a block; gaps stay gaps, marks are
/// ticks. Drawn are the first kMostTraces. Empty when no block has two readings.
constexpr std::size_t kMostTraces = 12;
std::string power_overlay_chart(const std::vector<TracedBlock>& blocks, const Texts& say);

}  // namespace joulebench
