#pragma once

#include <string>

#include "leaderboard/board.h"
#include "leaderboard/site/layout.h"

namespace joulebench {

/// The page of one track: leaders, chart and table of each section, who is not ranked, and the
/// rules.
std::string board_page(const Board& board, const Place& place);

}  // namespace joulebench
