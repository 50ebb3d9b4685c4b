#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/record_view.h"
#include "campaign/single_run.h"
#include "cli/board_options.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "cli/run_text.h"
#include "cli/trace_source.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/nearest_name.h"
#include "core/text.h"
#include "leaderboard/board.h"
#include "leaderboard/site/single_page.h"
#include "leaderboard/store.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct ShowOptions {
  std::string wanted;  // folder of a record, or an entry of a board
  fs::path database;
  fs::path site;
  std::string track;
  fs::path competition;
  fs::path output;
  fs::path datasets;
  std::string format = "text";
};

fs::path page_of(const ShowOptions& options, const RunRecord& record) {
  if (!options.output.empty()) return options.output;
  return fs::temp_directory_path() /
         ("joulebench-" + record.entry.id.substr(0, 12) + "-" + record.track.id + ".html");
}

// The one that was named, else that of the working folder if the record is of it.
std::optional<Competition> competition_of(const ShowOptions& options) {
  if (!options.competition.empty()) return read_competition(options.competition);
  const auto here = competition_here();
  if (!here) return std::nullopt;
  Competition competition = read_competition(*here);
  if (competition.id != read_run_record(options.wanted).competition_id) return std::nullopt;
  return competition;
}

void print_shown(const ShowOptions& options, const SingleRun& run, const fs::path& page,
                 const std::vector<std::string>& notes) {
  if (options.format == "json") {
    nlohmann::json result = to_json_result(run);
    result["format"] = "joulebench-show/1";
    result["page"] = fs::absolute(page).string();
    result["notes"] = notes;
    print_json(result);
    return;
  }
  print_text(run);
  for (const std::string& note : notes) {
    std::cout << fmt::format("  note      {}\n", printable(note, 1000));
  }
  std::cout << fmt::format("  page      {}\n", page.string());
}

SingleRun run_of(const BoardEntry& entry, const fs::path& folder) {
  SingleRun run{entry.run.record,
                entry.score.value_or(Score{}),
                folder,
                {},
                phases_of(entry.run.record, folder)};
  if (!entry.score) run.score.outcome = run.record.outcome;
  return run;
}

void show_record(const ShowOptions& options) {
  RecordViewRequest request{
      .folder = options.wanted, .datasets = options.datasets, .scorer = scorer_callbacks()};
  request.competition = competition_of(options);
  RecordView view = view_record(request);
  BoardEntry& entry = view.board.entries.front();
  const fs::path page = page_of(options, entry.run.record);
  write_file_atomically(page, single_entry_page(view.board, trace_or_warning));
  print_shown(options, run_of(entry, options.wanted), page, view.notes);
}

// Name, team/name, or the first digits of the id.
bool is_wanted(const EntryIdentity& entry, const std::string& wanted) {
  return entry.name == wanted || entry.team + "/" + entry.name == wanted ||
         (wanted.size() >= 6 && entry.id.starts_with(wanted));
}

[[noreturn]] void fail_unknown_entry(const std::string& wanted, const std::string& where,
                                     const std::vector<std::string>& known) {
  const std::string near = nearest_name(wanted, known);
  throw Error({.what = "there is no such entry",
               .where = where + ": '" + wanted + "'",
               .hint = near.empty() ? "name one by its name, team/name, or the first digits of its "
                                      "id; joulebench board show --db FILE lists them"
                                    : "did you mean '" + near + "'?"});
}

// Where it stands on its board, a sentence each.
std::vector<std::string> places_of(const Board& board, std::size_t index) {
  std::vector<std::string> places;
  const std::string state = standing_of(board.entries[index]);
  if (state != "valid") places.push_back("it stands as " + state);
  for (const RankedSection& section : board.ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        if (ranked.score != index) continue;
        places.push_back(fmt::format("{}: place {} of {}", category.title, rank_text(ranked),
                                     category.entries.size()));
      }
    }
  }
  return places;
}

void show_entry_of_board(const ShowOptions& options) {
  const Store store = Store::open_existing(options.database);
  const std::vector<Board> boards =
      boards_of(store, {.database = options.database, .track = options.track});
  std::vector<std::string> known;
  for (const Board& board : boards) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < board.entries.size(); ++i) {
      const EntryIdentity& entry = board.entries[i].run.record.entry;
      known.push_back(entry.name);
      if (!entry.team.empty()) known.push_back(entry.team + "/" + entry.name);
      if (is_wanted(entry, options.wanted)) found.push_back(i);
    }
    if (found.empty()) continue;
    // Of several versions the one that stands.
    const auto stands = std::find_if(found.begin(), found.end(), [&](std::size_t i) {
      return board.entries[i].state != EntryState::superseded;
    });
    const std::size_t index = stands == found.end() ? found.front() : *stands;
    BoardEntry entry = board.entries[index];
    entry.run.record = whole_record(entry.run);  // a board has outlines
    std::vector<std::string> notes = places_of(board, index);
    if (found.size() > 1) {
      notes.push_back(
          fmt::format("{} entries of this track are called so: name one by its id", found.size()));
    }
    const fs::path page = page_of(options, entry.run.record);
    write_file_atomically(page, single_entry_page(board, trace_or_warning, index));
    print_shown(options, run_of(entry, entry.run.folder), page, notes);
    return;
  }
  fail_unknown_entry(options.wanted, options.database.string(), known);
}

// The page is there already.
void show_entry_of_site(const ShowOptions& options) {
  std::vector<std::string> known;
  for (const auto& file : fs::recursive_directory_iterator(options.site)) {
    const fs::path& path = file.path();
    fs::path page = path;
    page.replace_extension(".html");
    std::error_code none;
    if (path.extension() != ".json" || !fs::is_regular_file(page, none)) continue;
    const nlohmann::json json = read_json_file(path, {});
    if (!json.is_object() || json.value("format", "") != "joulebench-entry/1") continue;
    SingleRun run;
    run.record = parse_run_record(json.at("record").dump(), path.string());
    const EntryIdentity& entry = run.record.entry;
    known.push_back(entry.name);
    if (!entry.team.empty()) known.push_back(entry.team + "/" + entry.name);
    if (!is_wanted(entry, options.wanted)) continue;
    // Of several versions the one that stands, unless another one's id was named.
    const bool stands = json.value("state", "") != to_string(EntryState::superseded);
    if (!stands && !entry.id.starts_with(options.wanted)) continue;
    run.folder = path;
    if (json.at("score").is_null()) {
      run.score.outcome = run.record.outcome;
    } else {
      run.score = score_from_json(json.at("score"), path.string());
    }
    return print_shown(options, run, page, {});
  }
  fail_unknown_entry(options.wanted, options.site.string(), known);
}

void show(const ShowOptions& options) {
  if (!options.database.empty()) return show_entry_of_board(options);
  if (!options.site.empty()) return show_entry_of_site(options);
  std::error_code none;
  if (fs::is_directory(options.wanted, none)) return show_record(options);
  throw Error({.what = "there is no such record",
               .where = options.wanted + ": no folder of this name",
               .hint = "name the folder that run.json lies in; for an entry of a board add --db "
                       "FILE, or --site FOLDER"});
}

}  // namespace

void add_show_command(CLI::App& app) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      app.add_subcommand("show", "Open a record, or an entry of a board, as its page");
  command
      ->add_option("record", options->wanted,
                   "Folder that holds run.json; with --db or --site an entry: its name, team/name, "
                   "or the first digits of its id")
      ->required();
  CLI::Option* database =
      command->add_option("--db", options->database, "The board's database that the entry is in")
          ->check(CLI::ExistingFile);
  command->add_option("--site", options->site, "The folder of published pages that it is in")
      ->check(CLI::ExistingDirectory)
      ->excludes(database);
  command->add_option("--track", options->track, "With --db: only this track")->needs(database);
  command->add_option("--output", options->output,
                      "HTML file to write, which needs no other (default: in the folder for "
                      "temporary files)");
  command
      ->add_option("--competition", options->competition,
                   "The competition.json it ran under: for its title, and a metric of its own "
                   "(default: that of this folder)")
      ->check(CLI::ExistingFile);
  command->add_option("--datasets", options->datasets, "Folder to look for datasets in first")
      ->check(CLI::ExistingDirectory);
  command->add_option("--format", options->format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "Prints what `run` printed, and the path of a page with figures, power over time, limits "
      "and machine.\n"
      "Examples: joulebench show joulebench-records/my-entry-0123456789ab\n"
      "          joulebench show red/tree --db board.db");
  command->callback([options] { show(*options); });
}

}  // namespace joulebench
