#pragma once

#include <string>

#include "leaderboard/store.h"

namespace joulebench {

/// An entry's state, record and score as JSON (joulebench-entry/1).
std::string entry_json(const BoardEntry& entry);

/// Its blocks as CSV, one line a block, unrounded; absent figures are empty.
std::string blocks_csv(const BoardEntry& entry);

}  // namespace joulebench
