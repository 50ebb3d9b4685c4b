#pragma once

#include <string>
#include <vector>

#include "leaderboard/board.h"

namespace joulebench {

/// Where a board's pages lie and how they link to one another.
struct Place {
  std::string folder;              // "" or "competition/track/"
  std::string root;                // from the board's page to the site's root
  std::vector<std::string> slugs;  // one per entry of the board, unique
  bool alone = true;               // the site has no other board: it is the index

  /// From the board's page to that of entries[index].
  std::string entry_link(std::size_t index) const { return "entries/" + slugs[index] + ".html"; }
};
Place place_of(const Board& board, bool alone);

/// A page in the frame that all pages share. `root` is the way from it to the site's root; `board`
/// is whose history stands at its foot, or null.
std::string laid_out(const Board* board, const std::string& title, const std::string& root,
                     const std::string& body);

/// The title if there is one, else the id.
std::string title_of(const Competition& competition);
std::string title_of(const Track& track);

/// What stands above modelled figures.
inline constexpr const char* kModelled = "Modelled, not measured.";
inline constexpr const char* kModelledText =
    "No energy counter was readable on this machine: joules are CPU seconds times an assumed "
    "power. They rank among themselves only and say nothing about measured entries.";

/// Pads a column's numbers so that their decimal points stand in line on a page.
void align_on_page(std::vector<std::string>& numbers);

/// The last lines of a failed entry's log; empty: there are none.
std::string log_of(const RunRecord& record);

}  // namespace joulebench
