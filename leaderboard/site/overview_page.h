#pragma once

#include <span>
#include <string>

#include "leaderboard/board.h"

namespace joulebench {

/// The page of a site with several boards: who leads each, and tracks that ask for the same on one
/// figure.
std::string overview_page(std::span<const Board> boards);

}  // namespace joulebench
