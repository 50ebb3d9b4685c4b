#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "cli/board_table.h"
#include "cli/commands.h"
#include "cli/estimate_json.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/nearest_name.h"
#include "core/text.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"
#include "leaderboard/exchange.h"
#include "leaderboard/site/site.h"
#include "leaderboard/store.h"
#include "scoring/comparison.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct BoardOptions {
  fs::path database;
  std::string competition;  // empty: every one that the database holds
  std::string track;        // empty: every one of the competition
  std::string format = "text";
  fs::path folder;
  std::string entry;  // name or beginning of the id
  std::string other;
  std::string reason;

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
    std::cerr << "joulebench: " << printable(error.what(), 16'000) << "\n";
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

bool is_named(const BoardEntry& entry, const std::string& wanted) {
  const EntryIdentity& identity = entry.run.record.entry;
  return identity.name == wanted || (wanted.size() >= 6 && identity.id.starts_with(wanted));
}

/// The one entry of that name on a board.
/// Errors: Error when there is none, or more than one.
const BoardEntry& entry_named(const Board& board, const std::string& wanted) {
  const BoardEntry* found = nullptr;
  std::vector<std::string> known;
  for (const BoardEntry& entry : board.entries) {
    known.push_back(entry.run.record.entry.name);
    if (!is_named(entry, wanted)) continue;
    if (found != nullptr) {
      throw Error({.what = "more than one entry has this name",
                   .where = "track " + board.track.id + ": '" + wanted + "'",
                   .hint = "name it by the first digits of its id"});
    }
    found = &entry;
  }
  if (found != nullptr) return *found;
  const std::string near = nearest_name(wanted, known);
  throw Error(
      {.what = "there is no such entry",
       .where = "track " + board.track.id + ": '" + wanted + "'",
       .hint = near.empty() ? "joulebench board show lists them" : "did you mean '" + near + "'?"});
}

void compare(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  nlohmann::json list = nlohmann::json::array();
  for (const Board& board : boards_of(store, options)) {
    const BoardEntry& a = entry_named(board, options.entry);
    const BoardEntry& b = entry_named(board, options.other);
    for (const BoardEntry* entry : {&a, &b}) {
      if (entry->score) continue;
      throw Error({.what = "cannot compare these entries",
                   .where = entry->run.record.entry.name + " is not scored yet",
                   .hint = "joulebench score --db " + options.database.string()});
    }
    const double confidence = board.track.ranking.confidence;
    const std::string words = compare_in_words(*a.score, *b.score, confidence);
    if (!options.as_json()) {
      std::cout << printable(board.track.id + ": " + words, 4000) << "\n";
      continue;
    }
    nlohmann::json one = {{"track", board.track.id}, {"words", words}};
    if (const auto comparison = compare_scores(*a.score, *b.score, confidence)) {
      put_estimate(one, "energy_ratio", comparison->energy_ratio);
      one["metric"] = a.score->metric;
      put_estimate(one, "metric_difference", comparison->metric_difference);
      one["energy_differs"] = comparison->energy_differs;
      one["metric_differs"] = comparison->metric_differs;
    }
    list.push_back(std::move(one));
  }
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-compare/1"}, {"tracks", list}}.dump(2)
              << "\n";
  }
}

void history(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  nlohmann::json list = nlohmann::json::array();
  for (const LogEvent& event : store.log()) {
    if (options.as_json()) {
      list.push_back({{"number", event.number},
                      {"at_utc", event.at_utc},
                      {"kind", event.kind},
                      {"detail", nlohmann::json::parse(event.detail, nullptr, false)},
                      {"sha256", event.sha256}});
    } else {
      std::cout << fmt::format("{:>5}  {}  {:<11}  {}  {}\n", event.number, event.at_utc,
                               event.kind, event.sha256.substr(0, 12),
                               printable(event.detail, 500));
    }
  }
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-history/1"}, {"events", list}}.dump(2)
              << "\n";
  }
}

/// Everything that is wrong with a board: its chained log, and the files that its records name.
void verify(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  std::vector<std::string> problems = store.verify();
  std::size_t files = 0;
  for (const Board& board : boards_of(store, options)) {
    for (const BoardEntry& entry : board.entries) {
      const std::string name = printable(entry.run.record.entry.name, 80);
      for (const std::string& problem : check_record(entry.run, files)) {
        problems.push_back(name + ": " + problem);
      }
    }
  }
  const std::vector<LogEvent> log = store.log();
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-verify/1"},
                                {"events", log.size()},
                                {"files", files},
                                {"head_sha256", log.empty() ? "" : log.back().sha256},
                                {"problems", problems}}
                     .dump(2)
              << "\n";
  } else {
    for (const std::string& problem : problems) std::cout << problem << "\n";
    std::cout << fmt::format("{} events and {} files checked, {} problems\n", log.size(), files,
                             problems.size());
    if (!log.empty()) std::cout << "head " << log.back().sha256 << "\n";
  }
  if (!problems.empty()) throw CLI::RuntimeError(1);
}

void print_done(const BoardOptions& options, const nlohmann::json& result,
                const std::string& text) {
  std::cout << (options.as_json() ? result.dump(2) : text) << "\n";
}

void export_to_folder(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  const Exported exported = export_boards(store, options.competition, options.folder);
  print_done(options,
             {{"format", "joulebench-export-result/1"},
              {"folder", fs::absolute(options.folder).lexically_normal().string()},
              {"runs", exported.runs},
              {"head_sha256", exported.head.sha256}},
             fmt::format("{} runs in {}\nhead {}", exported.runs, options.folder.string(),
                         exported.head.sha256));
}

void ingest_folder(const BoardOptions& options) {
  Store store(options.database);
  const SystemClock clock;
  const Ingested ingested =
      ingest_boards(options.folder, store, fs::path(options.database).replace_extension(".records"),
                    clock.now_utc());
  print_done(options,
             {{"format", "joulebench-ingest/1"},
              {"added", ingested.added},
              {"known", ingested.known},
              {"head_sha256", ingested.head_sha256}},
             fmt::format("{} runs added, {} were here already\nfrom a board with head {}",
                         ingested.added, ingested.known, ingested.head_sha256));
}

void back_up_to_folder(const BoardOptions& options) {
  const std::size_t runs = back_up(options.database, options.folder);
  const fs::path copy = options.folder / options.database.filename();
  print_done(options,
             {{"format", "joulebench-backup/1"}, {"database", copy.string()}, {"runs", runs}},
             fmt::format("{}  {} runs, checked", copy.string(), runs));
}

void set_state(const BoardOptions& options, EntryState state) {
  Store store = Store::open_existing(options.database);
  const SystemClock clock;
  std::size_t found = 0;
  for (const Board& board : boards_of(store, options)) {
    for (const BoardEntry& entry : board.entries) {
      if (!is_named(entry, options.entry)) continue;
      store.set_state(entry.run.id, state, options.reason, clock.now_utc());
      std::cout << fmt::format("{} on track {} is {}\n", printable(entry.run.record.entry.name, 80),
                               board.track.id, to_string(state));
      ++found;
    }
  }
  if (found > 0) return;
  entry_named(boards_of(store, options).front(), options.entry);  // says which name is near
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
  CLI::App* two = add_subcommand(
      *board, "compare", "Say how two entries differ in energy and accuracy, and how sure that is",
      options);
  two->add_option("a", options->entry, "Entry: its name, or the first digits of its id")
      ->required();
  two->add_option("b", options->other, "The other")->required();
  two->callback([options] { compare(*options); });
  add_subcommand(*board, "history", "Print the chained log of all that was stored", options)
      ->callback([options] { history(*options); });
  CLI::App* check = add_subcommand(
      *board, "verify", "Check the log's chain, the stored rows and every record's files", options);
  check->footer("Exit status: 0 nothing was altered, 1 something was, 2 we cannot go on.");
  check->callback([options] { verify(*options); });
  CLI::App* out = add_subcommand(
      *board, "export", "Write boards with records and history to a folder that others can check",
      options);
  out->add_option("folder", options->folder, "Folder to make")->required();
  out->callback([options] { export_to_folder(*options); });
  CLI::App* in = add_subcommand(
      *board, "ingest",
      "Take in an exported board, checked against its history; a second time changes nothing",
      options);
  in->add_option("folder", options->folder, "What board export wrote")
      ->required()
      ->check(CLI::ExistingDirectory);
  in->footer(
      "Compare the head it prints with the digest at the foot of the pages it comes from: the\n"
      "export then is of that history. The database is made if it is not there.");
  in->callback([options] { ingest_folder(*options); });
  CLI::App* copy = add_subcommand(
      *board, "backup", "Copy the database and its records while they are in use; check the copy",
      options);
  copy->add_option("folder", options->folder, "Folder to make")->required();
  copy->callback([options] { back_up_to_folder(*options); });
  const std::tuple<const char*, const char*, EntryState> states[] = {
      {"withdraw", "Take an entry out of the ranks at its team's wish", EntryState::withdrawn},
      {"disqualify", "Take an entry out of the ranks for breaking the rules",
       EntryState::disqualified},
      {"restore", "Put an entry back into the ranks", EntryState::valid}};
  for (const auto& [name, description, state] : states) {
    CLI::App* command = add_subcommand(*board, name, description, options);
    command->add_option("entry", options->entry, "Entry: its name, or the first digits of its id")
        ->required();
    command->add_option("--reason", options->reason, "Shown on the board")->required();
    command->callback([options, state = state] { set_state(*options, state); });
  }
}

}  // namespace joulebench
