#pragma once

#include <string>
#include <vector>

#include "leaderboard/site/board_view.h"
#include "leaderboard/site/template.h"

namespace joulebench {

/// Who leads each category of a section, by how much and how sure that is: name, category, names[],
/// energy, interval, by, sure.
std::vector<Values> leader_words(const BoardView& view, std::size_t section);

/// By how much the first leads; of rules that compare other figures than energy their own words.
std::string lead_words(const BoardView& view, const Leader& leader);

/// Why a section's figures deserve caveat, in one line each: text, link.
std::vector<Values> caveat_words(const BoardView& view, std::size_t section);

/// "measured": how far to trust a section's energy, in a word for a heading.
std::string class_words(const RankedSection& section, const Texts& say);

/// "2026-12-01", or "2026-12-01 to 2026-12-03".
std::string date_words(const DateRange& dates, const Texts& say);

}  // namespace joulebench
