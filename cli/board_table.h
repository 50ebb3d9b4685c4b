#pragma once

#include <string>

#include "leaderboard/board.h"

namespace joulebench {

/// A board for a terminal: who leads, every ranked entry with its intervals, who is not ranked and
/// why.
std::string board_table(const Board& board);

}  // namespace joulebench
