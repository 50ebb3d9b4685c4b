#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "core/energy.h"
#include "core/run_record.h"
#include "leaderboard/board.h"
#include "leaderboard/site/layout.h"

namespace joulebench {

/// The readings of one block, or nothing when its file is gone or was altered.
using BlockTrace = std::function<std::optional<EnergyTrace>(const BlockRecord&)>;

/// The page of board.entries[index]: figures, ranks, blocks, power, limits, machine and origin.
std::string entry_page(const Board& board, std::size_t index, const Place& place,
                       const BlockTrace& trace_of);

/// The name of a block's readings beside the entry's page.
std::string trace_file_name(const std::string& slug, const BlockRecord& block);

}  // namespace joulebench
