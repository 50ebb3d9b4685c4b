#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/board_table.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/file.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"
#include "leaderboard/site/site.h"
#include "leaderboard/store.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct BoardOptions {
  fs::path database;
  std::string competition;  // empty: every one that the database holds
  std::string track;        // empty: every one of the competition
  std::string format = "text";
  fs::path folder;

  bool as_json() const { return format == "json"; }
};

/// Every board that the options name.
std::vector<Board> boards_of(const Store& store, const BoardOptions& options) {
  std::vector<std::string> competitions = {options.competition};
  if (options.competition.empty()) competitions = store.competition_ids();
  std::vector<Board> boards;
  for (const std::string& id : competitions) {
    const Competition competition = store.competition(id);
    if (!options.track.empty()) {
      boards.push_back(make_board(store, id, competition.track(options.track).id));
      continue;
    }
    for (const Track& track : competition.tracks) {
      Board board = make_board(store, id, track.id);
      // A track that nobody has entered yet has no board, unless it is the only one.
      if (!board.entries.empty() || competition.tracks.size() == 1)
        boards.push_back(std::move(board));
    }
  }
  if (boards.empty()) {
    throw Error({.what = "there is no board to show",
                 .where = options.database.string() + ": no run is stored in it yet",
                 .hint = "joulebench evaluate COMPETITION --db " + options.database.string() +
                         " fills it"});
  }
  return boards;
}

void show(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  const std::vector<Board> boards = boards_of(store, options);
  if (options.as_json()) {
    nlohmann::json list = nlohmann::json::array();
    for (const Board& board : boards) list.push_back(to_json(board));
    const nlohmann::json result = {{"format", "joulebench-boards/1"}, {"boards", list}};
    std::cout << result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return;
  }
  for (const Board& board : boards) std::cout << board_table(board);
}

/// The readings of a block; a file that is gone or altered is said on the page, and here.
std::optional<EnergyTrace> trace_of(const StoredRun& run, const BlockRecord& block) {
  try {
    return read_trace(run.folder, block);
  } catch (const Error& error) {
    std::cerr << "joulebench: " << error.what() << "\n";
    return std::nullopt;
  }
}

void make_site_in(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  const std::vector<Board> boards = boards_of(store, options);
  std::size_t files = 0;
  make_site(boards, trace_of, [&](const std::string& path, std::string_view content) {
    const fs::path file = options.folder / path;
    std::error_code failure;
    fs::create_directories(file.parent_path(), failure);
    if (failure) {
      throw Error({.what = "cannot make the site's folder",
                   .where = file.parent_path().string() + ": " + failure.message(),
                   .hint = "name a folder that you may write to"});
    }
    write_file_atomically(file, content);
    ++files;
  });
  const std::string index =
      (fs::absolute(options.folder) / "index.html").lexically_normal().string();
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-site/1"}, {"index", index}, {"files", files}}
                     .dump(2)
              << "\n";
  } else {
    std::cout << index << "\n";
  }
}

CLI::App* add_subcommand(CLI::App& board, const char* name, const char* description,
                         const std::shared_ptr<BoardOptions>& options) {
  CLI::App* command = board.add_subcommand(name, description);
  command->add_option("--db", options->database, "The board's database")->required();
  command->add_option("--competition", options->competition, "Only this competition's id");
  command->add_option("--track", options->track, "Only this track");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  return command;
}

}  // namespace

void add_board_command(CLI::App& app) {
  CLI::App* board = app.add_subcommand("board", "Show, publish and look after the ranked results");
  board->require_subcommand(1);
  auto options = std::make_shared<BoardOptions>();
  add_subcommand(*board, "show", "Print the ranked entries as a table", options)
      ->callback([options] { show(*options); });
  CLI::App* site =
      add_subcommand(*board, "site", "Write the board as a folder of static pages", options);
  site->add_option("folder", options->folder,
                   "Folder to write to; files of the same name are replaced")
      ->required();
  site->footer(
      "The pages work from disk and without scripts. The same database gives the same bytes.\n"
      "Example: joulebench board site public --db digits.db");
  site->callback([options] { make_site_in(*options); });
}

}  // namespace joulebench
