#pragma once

#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// Two entries side by side, named in the address behind "#"; without script the neighbours by
/// energy with what the test says of them, of the first kMostPairs.
constexpr std::size_t kMostPairs = 100;
std::string compare_page(const BoardView& view);

/// What the script draws them from: a text for every figure, and bars as they are drawn. Nothing is
/// computed from it.
std::string compare_data(const BoardView& view);

/// Names and addresses of all entries, for the search of a board of several pages.
std::string search_data(const BoardView& view);

}  // namespace joulebench
