#pragma once

#include <cstddef>
#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// A badge for others' pages: place and energy in one line, as SVG.
std::string entry_badge(const BoardView& view, std::size_t entry);

/// The same as a picture for previews of links, 1200 x 630: name, place, energy, accuracy, date and
/// board, as SVG.
std::string entry_card(const BoardView& view, std::size_t entry);

}  // namespace joulebench
