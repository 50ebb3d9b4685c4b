#pragma once

#include <span>
#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// The page of a site with several boards: who leads each, with a small chart, and tracks that ask
/// for the same on one figure.
std::string overview_page(std::span<const BoardView> views, const SiteLook& look);

}  // namespace joulebench
