#pragma once

#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// What a reader wants to know of an entry, in two sentences: its energy and how right it is, and
/// where it stands.
std::string entry_summary(const BoardView& view, std::size_t entry);

/// Its neighbours by energy, with the ratio and what the test says: who, link, ratio, interval,
/// words.
std::vector<Values> neighbour_rows(const BoardView& view, std::size_t entry);

/// All versions of its team and name, when there are more than this one.
std::vector<Values> version_rows(const BoardView& view, std::size_t entry);

}  // namespace joulebench
