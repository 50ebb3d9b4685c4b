#pragma once

#include <string>
#include <vector>

#include "core/statistics.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/texts.h"

namespace joulebench {

/// One block's share in its entry's figure.
struct StripBlock {
  int number = 0;
  double joules = 0;
  double error = 0;  // of the sensor, half width, joules
};

/// Energy of each block in order, with the sensor's error, before the band of the entry's interval.
/// Empty when there is no block.
std::string block_strip(const std::vector<StripBlock>& blocks, const Estimate& figure,
                        const EnergyUnit& unit, const Texts& say);

}  // namespace joulebench
