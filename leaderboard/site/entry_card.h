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

/// Where a category's badge and card lie from the board's page, without ".badge.svg": by the
/// category's id, which stays when ranks change.
std::string category_address(const BoardView& view, std::size_t section, std::size_t category);

/// Both of a category: who leads it, with which energy, and by how much.
std::string category_badge(const BoardView& view, std::size_t section, std::size_t category);
std::string category_card(const BoardView& view, std::size_t section, std::size_t category);

}  // namespace joulebench
