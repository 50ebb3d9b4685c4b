#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "campaign/board_scoring.h"
#include "cli/board_decision.h"
#include "cli/board_table.h"
#include "cli/commands.h"
#include "cli/estimate_json.h"
#include "cli/run_options.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"
#include "leaderboard/exchange.h"
#include "leaderboard/signed_heads.h"
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
  std::string team;           // empty: any
  bool all = false;           // a decision may be about several entries
  bool scores = false;        // verify computes them again
  std::string expected_head;  // verify asks for it; empty: any
  fs::path datasets;          // looked in first

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

/// What is wrong with the files that the records name, and with --scores with the scores.
std::vector<std::string> problems_of_entries(const Store& store, const BoardOptions& options,
                                             std::size_t& files, std::size_t& scores) {
  std::vector<std::string> problems;
  BoardScoring scoring(options.datasets, scorer_callbacks());
  for (const std::string& id : store.competition_ids()) {
    const Competition competition = store.competition(id);
    for (const Track& track : competition.tracks) {
      for (const BoardEntry& entry : store.board(id, track.id)) {
        const std::string name = printable(entry.run.record.entry.name, 80);
        for (const std::string& problem : check_record(entry.run, files)) {
          problems.push_back(name + ": " + problem);
        }
        if (!options.scores || !entry.score) continue;
        ++scores;
        const std::string problem = scoring.check(competition, track, entry);
        if (!problem.empty()) problems.push_back(name + ": " + problem);
      }
    }
  }
  return problems;
}

/// Everything that is wrong with a board: its chained log, its tables, and the files that its
/// records name.
void verify(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  std::vector<std::string> problems = store.verify();
  std::size_t files = 0;
  std::size_t scores = 0;
  try {
    const std::vector<std::string> more = problems_of_entries(store, options, files, scores);
    problems.insert(problems.end(), more.begin(), more.end());
  } catch (const Error& error) {  // of tables that cannot be read any more
    if (problems.empty()) throw;
    problems.push_back(error.parts().what + ": " + error.parts().where);
  }
  const std::vector<LogEvent> log = store.log();
  if (!options.expected_head.empty()) {
    const std::string problem = missing_head(log, options.expected_head);
    if (!problem.empty()) problems.push_back(problem);
  }
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-verify/1"},
                                {"events", log.size()},
                                {"files", files},
                                {"scores", scores},
                                {"head_sha256", log.empty() ? "" : log.back().sha256},
                                {"problems", problems}}
                     .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  } else {
    for (const std::string& problem : problems) std::cout << printable(problem, 2000) << "\n";
    if (options.scores) std::cout << fmt::format("{} scores computed again\n", scores);
    std::cout << fmt::format("{} events and {} files checked, {} problems\n", log.size(), files,
                             problems.size());
    if (!log.empty()) std::cout << "head " << log.back().sha256 << "\n";
  }
  if (!problems.empty()) throw CLI::RuntimeError(1);
}

void rebuild(const BoardOptions& options) {
  Store store = Store::open_existing(options.database);
  store.rebuild();
  std::cout << fmt::format("tables made again from {} events\n", store.log().size());
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
  BoardScoring scoring(options.datasets, scorer_callbacks());
  const Ingested ingested = ingest_boards(
      options.folder, store, fs::path(options.database).replace_extension(".records"),
      [&](const Competition& competition, const Track& track, const RunRecord& record,
          const fs::path& folder) { return scoring.score(competition, track, record, folder); },
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

void decide_about(const BoardOptions& options, Decision decision) {
  Store store = Store::open_existing(options.database);
  const SystemClock clock;
  const EntryWish wish{.name = options.entry, .team = options.team, .all = options.all};
  const std::vector<Decided> decided =
      decide(store, boards_of(store, options), wish, decision, options.reason, clock.now_utc());
  nlohmann::json list = nlohmann::json::array();
  for (const Board& board : boards_of(store, options)) {
    for (const BoardEntry& entry : board.entries) {
      const bool is_meant = std::any_of(decided.begin(), decided.end(), [&](const Decided& one) {
        return one.run == entry.run.id;
      });
      if (!is_meant) continue;
      const EntryIdentity& identity = entry.run.record.entry;
      list.push_back({{"entry_id", identity.id},
                      {"entry", identity.name},
                      {"track", board.track.id},
                      {"standing", standing_of(entry)}});
      if (options.as_json()) continue;
      std::cout << fmt::format("{} on track {} {}\n", printable(identity.name, 80), board.track.id,
                               outcome_of_decision(decision, entry));
    }
  }
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-decision/1"}, {"entries", list}}.dump(
                     2, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
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

/// Boards on their way out and in.
void add_exchange(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  CLI::App* out = add_subcommand(
      board, "export", "Write boards with records and history to a folder that others can check",
      options);
  out->add_option("folder", options->folder, "Folder to make")->required();
  out->callback([options] { export_to_folder(*options); });
  CLI::App* in = add_subcommand(
      board, "ingest",
      "Take in the records of an exported board, checked and scored here; they are held until "
      "accepted",
      options);
  in->add_option("folder", options->folder, "What board export wrote")
      ->required()
      ->check(CLI::ExistingDirectory);
  in->add_option("--datasets", options->datasets, "Folder of datasets to look in first");
  in->footer(
      "Compare the head it prints with the digest at the foot of the pages it comes from: the\n"
      "export then is of that history. The database is made if it is not there.");
  in->callback([options] { ingest_folder(*options); });
  CLI::App* copy = add_subcommand(
      board, "backup", "Copy the database and its records while they are in use; check the copy",
      options);
  copy->add_option("folder", options->folder, "Folder to make")->required();
  copy->callback([options] { back_up_to_folder(*options); });
}

void add_decisions(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  const std::tuple<const char*, const char*, Decision> decisions[] = {
      {"accept", "Rank an entry that is held: the organizer has looked at the evidence",
       Decision::accepted},
      {"withdraw", "Take an entry out of the ranks at its team's wish", Decision::withdrawn},
      {"disqualify", "Take an entry out of the ranks for breaking the rules",
       Decision::disqualified},
      {"restore", "Take back withdraw or disqualify", Decision::restored}};
  for (const auto& [name, description, decision] : decisions) {
    CLI::App* command = add_subcommand(board, name, description, options);
    command->add_option("entry", options->entry, "Entry: its name, or the first digits of its id")
        ->required();
    command->add_option("--reason", options->reason, "Shown on the board, kept in the history")
        ->required();
    command->add_option("--team", options->team, "Only entries of this team");
    command->add_flag("--all", options->all, "Every entry that is named so, on every track");
    command->callback([options, decision = decision] { decide_about(*options, decision); });
  }
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
      *board, "verify",
      "Make every table again from the log and the records and compare; check every record's files",
      options);
  check->add_option(
      "--expect", options->expected_head,
      "A head that was seen before: the history must hold it (12 digits at the least)");
  check->add_flag("--scores", options->scores, "Compute every score again from its record");
  check->add_option("--datasets", options->datasets, "Folder of datasets to look in first");
  check->footer("Exit status: 0 nothing was altered, 1 something was, 2 we cannot go on.");
  check->callback([options] { verify(*options); });
  add_exchange(*board, options);
  CLI::App* again = add_subcommand(
      *board, "rebuild", "Make all tables again from the log and the records' folders", options);
  again->footer("The log is what counts; verify says whether the tables are what it tells of.");
  again->callback([options] { rebuild(*options); });
  add_decisions(*board, options);
}

}  // namespace joulebench
