#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/energy.h"
#include "core/run_record.h"
#include "leaderboard/board.h"
#include "leaderboard/site/site_look.h"

namespace joulebench {

/// The readings behind one block, or nothing when its file is gone or was altered.
using TraceSource = std::function<std::optional<EnergyTrace>(const StoredRun&, const BlockRecord&)>;

/// Takes one finished file of the site; `path` is relative, with forward slashes.
using SiteSink = std::function<void(const std::string& path, std::string_view content)>;

/// Whether an entry's files, those that begin with `path` and a dot, are there already as they were
/// made from the same `key`: then they are not made again. The key is a digest of all that they are
/// made from but the program.
using KeepEntry = std::function<bool(const std::string& path, const std::string& key)>;

/// Where a site's files go.
struct SiteOutput {
  SiteSink sink;
  KeepEntry keep = {};   // empty: everything is made
  unsigned threads = 1;  // above 1 they call the two above, and the traces, at once
};

/// Writes boards as static pages: an index (of one board: the board itself), one page per entry,
/// JSON and CSV beside each. A pure function: no clock, no database; the same input gives the same
/// bytes. All text from submissions is escaped. Errors: those of SiteLook.
void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteOutput& output,
               const SiteOptions& options = {});

}  // namespace joulebench
