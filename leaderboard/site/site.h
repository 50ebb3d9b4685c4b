#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/run_record.h"
#include "leaderboard/board.h"
#include "leaderboard/site/site_look.h"

namespace joulebench {

/// The readings behind one block, or nothing when its file is gone or was altered.
using TraceSource = std::function<std::optional<TraceFile>(const StoredRun&, const BlockRecord&)>;

/// Takes one finished file of the site; `path` is relative, with forward slashes.
using SiteSink = std::function<void(const std::string& path, std::string_view content)>;

/// Digests of what an entry's files are made from, but for the program.
struct EntryKey {
  std::string details;  // of all but where it stands: ranks, neighbours, what was decided
  std::string all;

  bool operator==(const EntryKey&) const = default;
};

/// What of an entry's files, those that begin with `path` and a dot, is there already as it was
/// made from the same, and is not made again.
enum class KeptFiles {
  none,
  details,  // all but those that kStandingFiles end
  all
};
inline constexpr std::string_view kStandingFiles[] = {".html", ".badge.svg", ".card.svg"};
using KeepEntry = std::function<KeptFiles(const std::string& path, const EntryKey& key)>;

/// A file as it was left when all was made the last time; absent: there is none, or it was altered.
using LeftFile = std::function<std::optional<std::string>(const std::string& path)>;

/// Where a site's files go.
struct SiteOutput {
  SiteSink sink;
  KeepEntry keep = {};   // empty: everything is made
  LeftFile left = {};    // empty: `keep` never says KeptFiles::details
  unsigned threads = 1;  // above 1 they call those above, and the traces, at once
};

/// Writes boards as static pages: an index (of one board: the board itself), one page per entry,
/// JSON and CSV beside each. A pure function: no clock, no database; the same input gives the same
/// bytes. All text from submissions is escaped. Errors: those of SiteLook.
void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteOutput& output,
               const SiteOptions& options = {});

}  // namespace joulebench
