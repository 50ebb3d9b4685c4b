#pragma once

#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

// Files beside a board's pages, for other programs.

/// CITATION.cff: how to cite the board as it is at its newest event.
std::string citation(const BoardView& view);

/// feed.xml: an Atom feed of the entries that were scored last, kMostNews at most. The look must
/// have an address for its links.
constexpr std::size_t kMostNews = 30;
std::string feed(const BoardView& view);

/// site.json: the look that the pages were made with, so that a check can make them again.
std::string look_json(const SiteLook& look);

}  // namespace joulebench
