#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "leaderboard/site/board_view.h"
#include "leaderboard/site/entry_blocks.h"

namespace joulebench {

/// The page of board.entries[index]: what it reached, where it stands, how each figure came about.
/// `entry` is that entry with its whole record.
std::string entry_page(const BoardView& view, std::size_t index, const BoardEntry& entry,
                       const BlockTrace& trace_of);

/// The page with what stands above its details alone made anew, and all else taken from `former`, a
/// page of the same entry whose details were made from the same. Absent: `former` does
/// not say where they begin, or a theme has a template of its own.
std::optional<std::string> with_new_standing(const BoardView& view, std::size_t index,
                                             std::string_view former);

/// The last part of an entry's address: the name of its files.
std::string file_name_of(const std::string& address);

}  // namespace joulebench
