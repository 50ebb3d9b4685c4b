#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leaderboard/board.h"
#include "leaderboard/section_table.h"
#include "leaderboard/site/chart/interval_bar.h"
#include "leaderboard/site/site_look.h"

namespace joulebench {

/// Where a board's pages lie and how they link to one another.
struct SitePlace {
  std::string folder;                  // "" or "competition/track/"
  std::string root;                    // from the board's page to the site's root
  std::vector<std::string> addresses;  // one per entry of the board, unique: "team/name"
  bool alone = true;                   // the site has no other board: it is the index

  /// From the board's page to that of entries[index].
  std::string entry_link(std::size_t index) const {
    return "entries/" + addresses[index] + ".html";
  }
};
/// From an entry's page to that of its board.
inline constexpr const char* kFromEntry = "../../";

/// Addresses of entries by team and name, which stay when versions and ranks change: plain names as
/// they are, others with a digest. The newest version has the address, older ones have their id's
/// first digits behind it.
SitePlace place_of(const Board& board, bool alone);

/// Where an entry stands on its board.
struct EntryStanding {
  const RankedSection* section = nullptr;   // null: it has no rank
  const ComparedEntry* compared = nullptr;  // in that section
  std::size_t row = 0;                      // in that section's table
  std::vector<std::pair<const RankedCategory*, const RankedEntry*>> places;
  const HeldEntry* held = nullptr;
  const UnrankedEntry* unranked = nullptr;
  std::vector<std::size_t> versions;  // all of its team and name, the newest first
};

/// What all rows of a section's table share on pages.
struct SectionLook {
  BarScale energy{.low = 1e300, .high = 0, .logarithmic = true};
  BarScale quality{.low = 1e300, .high = -1e300};
  std::vector<std::optional<EnergyShares>> shares;  // of each row
  bool has_shares = false;
  std::set<std::string> common;  // caveats that every entry has: said once, above the table
};

/// A board with all that its pages look up again and again.
struct BoardView {
  const Board& board;
  const SiteLook& look;
  SitePlace place;
  std::vector<SectionTable> tables;      // one per section; its numbers aligned and grouped
  std::vector<SectionLook> looks;        // likewise
  std::vector<EntryStanding> standings;  // one per entry

  BoardView(const Board& board, const SiteLook& look, bool alone);
};

}  // namespace joulebench
