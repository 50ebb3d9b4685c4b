#pragma once

#include <cstddef>
#include <string>

#include "leaderboard/site/board_view.h"

namespace joulebench {

/// Entries of one page of a board's table.
constexpr std::size_t kRowsPerPage = 500;

/// The rows [first, last) of a section as a table. Its columns are chosen by the reader; on a
/// phone each row is a card. A number has the column's unit.
std::string entry_table(const BoardView& view, std::size_t section, std::size_t first,
                        std::size_t last);

}  // namespace joulebench
