#include "leaderboard/site/site.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "leaderboard/board_json.h"
#include "leaderboard/site/board_page.h"
#include "leaderboard/site/compare_page.h"
#include "leaderboard/site/entry_download.h"
#include "leaderboard/site/entry_key.h"
#include "leaderboard/site/entry_page.h"
#include "leaderboard/site/how_page.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/overview_page.h"

namespace joulebench {
namespace {

void write_board(const BoardView& view, const SiteSink& sink) {
  const std::string& folder = view.place.folder;
  sink(folder + "index.html", board_page(view));
  for (std::size_t section = 0; section < view.tables.size(); ++section) {
    for (std::size_t page = 2; page <= pages_of(view, section); ++page) {
      sink(folder + further_page_name(section, page), further_page(view, section, page));
    }
  }
  if (has_unranked_page(view)) sink(folder + "not-ranked.html", unranked_page(view));
  sink(folder + "how.html", how_page(view));
  sink(folder + "compare.html", compare_page(view));
  sink(folder + "compare.js", view.look.file("compare.js"));
  sink(folder + "compare-data.js", compare_data(view));
  sink(folder + "search-data.js", search_data(view));
  sink(folder + "competition.json", view.board.competition.text);
  sink(folder + "board.json",
       to_json(view.board).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  sink(folder + "board.csv", to_csv(view.board));
}

void write_entry(const BoardView& view, std::size_t index, const TraceSource& traces,
                 const SiteSink& sink) {
  const BoardEntry& entry = view.board.entries[index];
  const std::string path = view.place.folder + "entries/" + view.place.addresses[index];
  // The page draws each block's readings; they lie beside it as they were drawn.
  const auto trace_of = [&](const BlockRecord& block) {
    std::optional<EnergyTrace> trace = traces(entry.run, block);
    if (trace) sink(trace_file_name(path, block), to_csv(*trace));
    return trace;
  };
  sink(path + ".html", entry_page(view, index, trace_of));
  sink(path + ".json", entry_json(entry));
  sink(path + ".csv", blocks_csv(entry));
}

/// Calls `work` with every number below `count`. The first exception of any thread is passed on.
void for_each_number(std::size_t count, unsigned threads,
                     const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr problem;
  std::mutex mutex;
  const auto take = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!problem) problem = std::current_exception();
      next = count;
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(take);
    take();
  }
  if (problem) std::rethrow_exception(problem);
}

void write_entries(const BoardView& view, const TraceSource& traces, const SiteOutput& output) {
  const std::string common = output.keep ? entry_key_of_board(view) : "";
  for_each_number(view.board.entries.size(), output.threads, [&](std::size_t i) {
    const std::string path = view.place.folder + "entries/" + view.place.addresses[i];
    if (output.keep && output.keep(path, entry_key(view, i, common))) return;
    write_entry(view, i, traces, output.sink);
  });
}

}  // namespace

void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteOutput& output,
               const SiteOptions& options) {
  const SiteLook look(options);
  const SiteSink& sink = output.sink;
  sink("style.css", look.file("style.css"));
  sink("board.js", look.file("board.js"));
  const bool alone = boards.size() == 1;
  std::vector<BoardView> views;
  views.reserve(boards.size());
  for (const Board& board : boards) views.emplace_back(board, look, alone);
  if (!alone) sink("index.html", overview_page(views, look));
  for (const BoardView& view : views) {
    write_board(view, sink);
    write_entries(view, traces, output);
  }
}

}  // namespace joulebench
