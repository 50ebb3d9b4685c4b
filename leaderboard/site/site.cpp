#include "leaderboard/site/site.h"

#include <nlohmann/json.hpp>

#include "embedded/leaderboard_site.h"
#include "leaderboard/board_json.h"
#include "leaderboard/site/board_page.h"
#include "leaderboard/site/entry_download.h"
#include "leaderboard/site/entry_page.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/overview_page.h"

namespace joulebench {
namespace {

void write_board(const Board& board, const Place& place, const SiteSink& sink) {
  sink(place.folder + "index.html", board_page(board, place));
  sink(place.folder + "board.json",
       to_json(board).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  sink(place.folder + "board.csv", to_csv(board));
}

void write_entry(const Board& board, std::size_t index, const Place& place,
                 const TraceSource& traces, const SiteSink& sink) {
  const BoardEntry& entry = board.entries[index];
  const std::string& slug = place.slugs[index];
  const std::string folder = place.folder + "entries/";
  // The page draws each block's readings; they lie beside it as they were drawn.
  const auto trace_of = [&](const BlockRecord& block) {
    std::optional<EnergyTrace> trace = traces(entry.run, block);
    if (trace) sink(folder + trace_file_name(slug, block), to_csv(*trace));
    return trace;
  };
  sink(folder + slug + ".html", entry_page(board, index, place, trace_of));
  sink(folder + slug + ".json", entry_json(entry));
  sink(folder + slug + ".csv", blocks_csv(entry));
}

}  // namespace

void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteSink& sink) {
  sink("style.css", leaderboard_site::kStyleCss);
  sink("board.js", leaderboard_site::kBoardJs);
  const bool alone = boards.size() == 1;
  if (!alone) sink("index.html", overview_page(boards));
  for (const Board& board : boards) {
    const Place place = place_of(board, alone);
    write_board(board, place, sink);
    for (std::size_t i = 0; i < board.entries.size(); ++i) {
      write_entry(board, i, place, traces, sink);
    }
  }
}

}  // namespace joulebench
