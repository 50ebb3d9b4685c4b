#include "leaderboard/site/site.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "leaderboard/board_json.h"
#include "leaderboard/site/board_files.h"
#include "leaderboard/site/board_page.h"
#include "leaderboard/site/compare_page.h"
#include "leaderboard/site/entry_card.h"
#include "leaderboard/site/entry_download.h"
#include "leaderboard/site/entry_key.h"
#include "leaderboard/site/entry_page.h"
#include "leaderboard/site/how_page.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/overview_page.h"

namespace joulebench {
namespace {

/// A file of a board, made when its turn comes.
struct BoardFile {
  std::string path;
  std::function<std::string()> make;
};

/// All files of a board but those of its entries; the longest to make first.
std::vector<BoardFile> board_files(const BoardView& view) {
  const std::string& folder = view.place.folder;
  std::vector<BoardFile> files;
  const auto add = [&](const std::string& name, std::function<std::string()> make) {
    files.push_back({folder + name, std::move(make)});
  };
  add("board.json", [&view] { return board_text(view.board); });
  add("index.html", [&view] { return board_page(view); });
  add("compare-data.js", [&view] { return compare_data(view); });
  add("board.csv", [&view] { return to_csv(view.board); });
  for (std::size_t section = 0; section < view.tables.size(); ++section) {
    for (std::size_t page = 2; page <= pages_of(view, section); ++page) {
      add(further_page_name(section, page),
          [&view, section, page] { return further_page(view, section, page); });
    }
  }
  for (std::size_t section = 0; section < view.tables.size(); ++section) {
    const auto& categories = view.board.ranking.sections[section].categories;
    for (std::size_t category = 0; category < categories.size(); ++category) {
      if (categories[category].entries.empty()) continue;  // nobody leads it
      const std::string address = category_address(view, section, category);
      add(address + ".badge.svg",
          [&view, section, category] { return category_badge(view, section, category); });
      add(address + ".card.svg",
          [&view, section, category] { return category_card(view, section, category); });
    }
  }
  if (has_unranked_page(view)) add("not-ranked.html", [&view] { return unranked_page(view); });
  add("how.html", [&view] { return how_page(view); });
  add("compare.html", [&view] { return compare_page(view); });
  add("compare.js", [&view] { return view.look.file("compare.js"); });
  add("search-data.js", [&view] { return search_data(view); });
  add("competition.json", [&view] { return view.board.competition.text; });
  add("columns.csv", [&view] { return csv_columns(view.board.track); });
  add("CITATION.cff", [&view] { return citation(view); });
  if (!view.look.base_url.empty()) add("feed.xml", [&view] { return feed(view); });
  return files;
}

void write_entry(const BoardView& view, std::size_t index, const TraceSource& traces,
                 const SiteSink& sink) {
  BoardEntry entry = view.board.entries[index];
  entry.run.record = whole_record(entry.run);
  const std::string path = view.place.folder + "entries/" + view.place.addresses[index];
  // The page draws each block's readings; they lie beside it as they were drawn, packed: they are
  // most of a site, and a fifth of their size so.
  const auto trace_of = [&](const BlockRecord& block) -> std::optional<EnergyTrace> {
    std::optional<TraceFile> file = traces(entry.run, block);
    if (!file) return std::nullopt;
    sink(trace_file_name(path, block), file->packed_csv);
    return std::move(file->trace);
  };
  sink(path + ".html", entry_page(view, index, entry, trace_of));
  sink(path + ".json", entry_json(entry));
  sink(path + ".csv", blocks_csv(entry));
  sink(path + ".badge.svg", entry_badge(view, index));
  sink(path + ".card.svg", entry_card(view, index));
}

/// The files that tell where an entry stands, with the details that its page had.
bool write_standing(const BoardView& view, std::size_t index, const std::string& path,
                    const SiteOutput& output) {
  const std::optional<std::string> former = output.left(path + ".html");
  const auto page = former ? with_new_standing(view, index, *former) : std::nullopt;
  if (!page) return false;
  output.sink(path + ".html", *page);
  output.sink(path + ".badge.svg", entry_badge(view, index));
  output.sink(path + ".card.svg", entry_card(view, index));
  return true;
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

void write_board(const BoardView& view, const TraceSource& traces, const SiteOutput& output) {
  const std::vector<BoardFile> files = board_files(view);
  const std::string common = output.keep ? entry_key_of_board(view) : "";
  for_each_number(files.size() + view.board.entries.size(), output.threads, [&](std::size_t i) {
    if (i < files.size()) {
      output.sink(files[i].path, files[i].make());
      return;
    }
    const std::size_t entry = i - files.size();
    const std::string path = view.place.folder + "entries/" + view.place.addresses[entry];
    const KeptFiles kept =
        output.keep ? output.keep(path, entry_key(view, entry, common)) : KeptFiles::none;
    if (kept == KeptFiles::all) return;
    if (kept == KeptFiles::details && write_standing(view, entry, path, output)) return;
    write_entry(view, entry, traces, output.sink);
  });
}

}  // namespace

void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteOutput& output,
               const SiteOptions& options) {
  const SiteLook look(options);
  const SiteSink& sink = output.sink;
  sink("style.css", look.file("style.css"));
  sink("board.js", look.file("board.js"));
  sink("site.json", look_json(look));
  const bool alone = boards.size() == 1;
  std::vector<BoardView> views;
  views.reserve(boards.size());
  for (const Board& board : boards) views.emplace_back(board, look, alone);
  if (!alone) sink("index.html", overview_page(views, look));
  for (const BoardView& view : views) write_board(view, traces, output);
}

}  // namespace joulebench
