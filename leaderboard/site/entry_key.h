#pragma once

#include <cstddef>
#include <string>

#include "leaderboard/site/board_view.h"
#include "leaderboard/site/site.h"

namespace joulebench {

/// What all entries' pages of a board are made from: texts, templates, the track.
std::string entry_key_of_board(const BoardView& view);

/// Digests of all that one entry's files are made from, `of_board` included. What is added to its
/// page is added here. Traces count by the digests in its record.
EntryKey entry_key(const BoardView& view, std::size_t entry, const std::string& of_board);

}  // namespace joulebench
