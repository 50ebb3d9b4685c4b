#pragma once

#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// "How this was measured": a track's protocol, tests and limits in plain words with its own
/// numbers. Every "?" of the other pages leads here.
std::string how_page(const BoardView& view);

}  // namespace joulebench
