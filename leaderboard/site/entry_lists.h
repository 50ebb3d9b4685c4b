#pragma once

#include <cstddef>
#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// The first page has so many entries without a rank at the most; a page of their own has all.
constexpr std::size_t kMostUnranked = 40;

/// Entries without a rank, with the reason: held, failed or out, not readable. `is_short`: some of
/// them, with a link to the page that has all.
std::string entry_lists(const BoardView& view, bool is_short);

}  // namespace joulebench
