#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/energy.h"
#include "core/units.h"
#include "leaderboard/board.h"

namespace joulebench {

/// How a board's entries were measured, in numbers: what a page about it says.
struct MeasuringFacts {
  std::size_t entries = 0;  // with at least one valid block
  std::size_t blocks = 0;   // of all entries
  std::size_t valid_blocks = 0;
  std::size_t sessions = 0;         // that the records name; 0: none is named
  Seconds measured{0};              // in the windows of valid blocks, together
  std::optional<Seconds> block;     // median measured time of a valid block
  std::optional<double> error;      // median sensor error of a block, relative, 95 %
  std::vector<DomainInfo> domains;  // each name once, with its worst class
};
MeasuringFacts measuring_facts(const Board& board);

}  // namespace joulebench
