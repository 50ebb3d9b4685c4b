#pragma once

#include <cstddef>
#include <string>

#include "leaderboard/site/board_view.h"
#include "leaderboard/site/entry_blocks.h"

namespace joulebench {

/// The page of board.entries[index]: what it reached, where it stands, how each figure came about.
/// `entry` is that entry with its whole record.
std::string entry_page(const BoardView& view, std::size_t index, const BoardEntry& entry,
                       const BlockTrace& trace_of);

/// The last part of an entry's address: the name of its files.
std::string file_name_of(const std::string& address);

}  // namespace joulebench
