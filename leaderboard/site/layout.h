#pragma once

#include <string>
#include <vector>

#include "leaderboard/board.h"
#include "leaderboard/site/site_look.h"

namespace joulebench {

/// What the frame around a page says of it.
struct PageHead {
  std::string title;
  std::string description;  // for previews of links; one or two sentences
  std::string path;         // of the page, from the site's root
  std::string root;         // from the page to the site's root
  std::string script;       // beside board.js; empty: none
  std::string image;        // for previews of links, from the site's root; empty: none
  std::string feed;         // of the board, beside the page; empty: none
};

/// A page in the frame that all pages share. With `board` its history stands at the foot: on pages
/// that change with every event anyway.
std::string laid_out(const SiteLook& look, const PageHead& head, const std::string& body,
                     const Board* board = nullptr);

/// The title if there is one, else the id.
std::string title_of(const Competition& competition);
std::string title_of(const Track& track);
/// "Digits cup – Handwritten digits", or one of them where the other says no more.
std::string title_of(const Board& board);

/// What stands above modelled figures, in English: Texts knows both.
inline constexpr const char* kModelled = "Modelled, not measured.";
inline constexpr const char* kModelledText =
    "No energy counter was readable on this machine: joules are CPU seconds times an assumed "
    "power. They rank among themselves only and say nothing about measured entries.";

/// Pads a column's numbers so that their decimal points stand in line on a page.
void align_on_page(std::vector<std::string>& numbers);

/// The last lines of a failed entry's log; empty: there are none.
std::string log_of(const RunRecord& record);

}  // namespace joulebench
