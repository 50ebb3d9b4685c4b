#pragma once

#include <cstddef>
#include <string>

#include "leaderboard/board.h"
#include "leaderboard/site/site.h"

namespace joulebench {

/// The page of entries[index] as one file that needs no other: style and script stand in
/// it, downloads are data in their links, links to the board lead nowhere. What make_site() makes
/// of such a board, so that it looks as it would there.
std::string single_entry_page(const Board& board, const TraceSource& traces, std::size_t index = 0);

}  // namespace joulebench
