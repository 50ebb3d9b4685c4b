#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "leaderboard/board.h"

namespace joulebench {

/// A board as JSON (joulebench-board/1; README.md has the table of keys).
nlohmann::json to_json(const Board& board);

/// The text of a published board.json: the same, each entry on a line of its own, its score as the
/// log has it.
std::string board_text(const Board& board);
/// An entry's score as the log has it, "null" where it has none.
std::string score_json(const BoardEntry& entry);

/// The same figures as CSV, one line per entry. Text that a spreadsheet would run as a formula gets
/// a leading apostrophe.
std::string to_csv(const Board& board);

/// What each column of to_csv() means, as CSV: column, unit, meaning.
std::string csv_columns(const Track& track);

/// One CSV field: quoted when needed, harmless in a spreadsheet.
std::string csv_text(std::string_view text);

}  // namespace joulebench
