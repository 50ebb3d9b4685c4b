#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/record_view.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "cli/run_text.h"
#include "cli/trace_source.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "leaderboard/site/single_page.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct ShowOptions {
  fs::path record;
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
  if (competition.id != read_run_record(options.record).competition_id) return std::nullopt;
  return competition;
}

void show(const ShowOptions& options) {
  RecordViewRequest request{
      .folder = options.record, .datasets = options.datasets, .scorer = scorer_callbacks()};
  request.competition = competition_of(options);
  RecordView view = view_record(request);
  BoardEntry& entry = view.board.entries.front();
  const fs::path page = page_of(options, entry.run.record);
  write_file_atomically(page, single_entry_page(view.board, trace_or_warning));
  SingleRun run{entry.run.record, entry.score.value_or(Score{}), options.record};
  if (!entry.score) run.score.outcome = run.record.outcome;
  if (options.format == "json") {
    nlohmann::json result = to_json_result(run);
    result["format"] = "joulebench-show/1";
    result["page"] = fs::absolute(page).string();
    result["notes"] = view.notes;
    print_json(result);
    return;
  }
  print_text(run);
  for (const std::string& note : view.notes) {
    std::cout << fmt::format("  note      {}\n", printable(note, 1000));
  }
  std::cout << fmt::format("  page      {}\n", page.string());
}

}  // namespace

void add_show_command(CLI::App& app) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      app.add_subcommand("show", "Open a record as the page that a board would show");
  command->add_option("record", options->record, "Folder that holds run.json")
      ->required()
      ->check(CLI::ExistingDirectory);
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
      "Example: joulebench show joulebench-records/my-entry-0123456789ab");
  command->callback([options] { show(*options); });
}

}  // namespace joulebench
