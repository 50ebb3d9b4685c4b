#pragma once

#include <optional>

#include "core/run_record.h"
#include "leaderboard/board.h"

namespace joulebench {

/// A block's trace for its page; absent, with a warning on standard error, where it cannot be read.
std::optional<TraceFile> trace_or_warning(const StoredRun& run, const BlockRecord& block);

}  // namespace joulebench
