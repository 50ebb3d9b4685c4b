#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/energy.h"
#include "core/run_record.h"
#include "leaderboard/board.h"

namespace joulebench {

/// The readings behind one block, or nothing when its file is gone or was altered.
using TraceSource = std::function<std::optional<EnergyTrace>(const StoredRun&, const BlockRecord&)>;

/// Takes one finished file of the site; `path` is relative, with forward slashes.
using SiteSink = std::function<void(const std::string& path, std::string_view content)>;

/// Writes boards as static pages: an index (of one board: the board itself), one page per entry,
/// JSON and CSV beside each. A pure function: no clock, no database; the same input gives the same
/// bytes. All text from submissions is escaped.
void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteSink& sink);

}  // namespace joulebench
