#pragma once

#include <string>

#include "leaderboard/site/board_view.h"
#include "leaderboard/site/chart/quality_energy_chart.h"

namespace joulebench {

/// The first page of a track: who leads, the chart, the table of each section, who is not ranked.
std::string board_page(const BoardView& view);

/// Rows of a section beyond its first page: page 2 is the first of them.
std::size_t pages_of(const BoardView& view, std::size_t section);
std::string further_page(const BoardView& view, std::size_t section, std::size_t page);
std::string further_page_name(std::size_t section, std::size_t page);

/// All entries that have no rank, where the first page has only some of them.
bool has_unranked_page(const BoardView& view);
std::string unranked_page(const BoardView& view);

/// A section's chart, on its own page or as one of several on an overview.
std::string section_chart(const BoardView& view, std::size_t section, bool is_small);

}  // namespace joulebench
