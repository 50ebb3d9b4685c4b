#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/local_evaluation.h"
#include "cli/block_line.h"
#include "cli/board_table.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/power_text.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct Options : RunOptions {
  fs::path competition;
  std::vector<fs::path> entries;
  std::string track;
  fs::path database;
  bool dry_run = false;
  bool accept_changes = false;
};

std::string name_of(const EntryRun& run, std::size_t most) {
  return printable(run.record().entry.name, most);
}

// Progress as lines and a standing line; `options` and `progress` must outlive it.
EvaluationObserver observer_on(Progress& progress, const Options& options) {
  EvaluationObserver observer;
  observer.on_refused = [&progress](const Refused& refused) {
    progress.line(fmt::format("{}: not evaluated: {}", refused.path.string(), refused.reason));
  };
  observer.before_block = [&progress](const EntryRun& run, const EvaluationState& state) {
    const std::string which =
        run.blocks_left() == 0
            ? "one more of the baseline, at the end"
            : fmt::format("block {} of {}", state.blocks - state.left + 1, state.blocks);
    progress.stand(which + " · " + name_of(run, 40), state.time_left);
  };
  observer.after_block = [&progress](const EntryRun& run) {
    const RunRecord& record = run.record();
    if (run.problem()) {
      progress.line(name_of(run, 80) + ": " + printable(run.problem()->what(), 2000));
      return;
    }
    progress.line(record.blocks.empty()
                      ? fmt::format("{}: {}: {}", name_of(run, 80), to_string(record.outcome),
                                    printable(record.message, 300))
                      : block_line(record));
  };
  observer.on_note = [&progress](const EntryRun& run, const std::string& note) {
    progress.line(name_of(run, 80) + ": " + note);
  };
  observer.on_interrupted = [&progress, &options](const EvaluationState& state) {
    progress.line(
        fmt::format("interrupted: {} of {} blocks are kept in {}; the same command goes "
                    "on from there",
                    state.blocks - state.left, state.blocks, options.database.string()));
  };
  return observer;
}

void print_plan(const CampaignPlan& plan) {
  std::cout << fmt::format("track {}: {} entries, {} {} each, {} {} for what is left\n",
                           plan.track.id, plan.entries.size(), plan.track.protocol.blocks,
                           plan.track.task == Task::train ? "trainings" : "blocks",
                           plan.time_is_bound ? "at most" : "about", spoken(plan.time));
  for (const CampaignPlan::Entry& entry : plan.entries) {
    std::cout << fmt::format("  {}: {} blocks to run{}\n", printable(entry.name, 80),
                             entry.blocks_left, entry.is_baseline ? ", baseline" : "");
  }
  std::cout << "order:";
  for (const std::size_t entry : plan.order) std::cout << " " << entry + 1;
  std::cout << "\n" << power_text(plan.track, plan.noise);
}

void print_boards(const Options& options, const EvaluationRequest& request,
                  const EvaluationResult& evaluated) {
  const Store store = Store::open_existing(options.database);
  nlohmann::json boards = nlohmann::json::array();
  for (const Track& track : tracks_of(request)) {
    const Board board = make_board(store, request.competition.id, track.id);
    if (options.as_json()) {
      boards.push_back(to_json(board));
    } else {
      std::cout << board_table(board);
    }
  }
  if (!options.as_json()) return;
  nlohmann::json not_evaluated = nlohmann::json::array();
  for (const Refused& one : evaluated.refused) {
    not_evaluated.push_back({{"entry", one.path.string()}, {"message", one.reason}});
  }
  const nlohmann::json result = {
      {"format", "joulebench-evaluate/1"}, {"boards", boards}, {"not_evaluated", not_evaluated}};
  std::cout << result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void evaluate_with(const Options& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  catch_interruptions();
  EvaluationResult evaluated;
  std::optional<Progress> progress(options.quiet);
  const EvaluationRequest request{
      .competition = competition,
      .track = options.track,
      .entries = options.entries,
      .database = options.database,
      .accept_changes = options.accept_changes,
      .measuring = options.measuring(
          competition, true, [&progress](const std::string& phase) { progress->phase(phase); }),
      .scorer = scorer_callbacks()};
  const EvaluationObserver observer = observer_on(*progress, options);
  if (options.dry_run) {
    for (const CampaignPlan& plan : plan_evaluation(request, observer)) print_plan(plan);
    return;
  }
  evaluated = evaluate(request, observer);
  progress.reset();  // wipes its line
  print_boards(options, request, evaluated);
  if (!evaluated.all_valid) throw CLI::RuntimeError(1);
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "evaluate", "Run a whole competition, keep the results, go on where an earlier call stopped");
  command->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option(
      "entries", options->entries,
      "Folders or archives of entries (default: submissions/ beside the competition; its "
      "baselines always take part)");
  command
      ->add_option("--db", options->database,
                   "The board's database; made if it is not there. Records lie beside it, in "
                   "NAME.records/")
      ->required();
  command->add_option("--track", options->track, "Only this track (default: all)");
  command->add_flag("--accept-changes", options->accept_changes,
                    "Take over a competition file that differs from the board's; what changes "
                    "the measurement runs again, the rest is scored again");
  command->add_flag("--dry-run", options->dry_run, "Print the plan and its time; run nothing");
  options->add_to(*command);
  command->footer(
      "Ctrl-C keeps every finished block; the same command goes on from there.\n"
      "Exit status: 0 every entry is valid, 1 some failed, 2 we cannot go on, 130 interrupted.\n"
      "Example: joulebench evaluate competitions/digits/competition.json --db digits.db");
  command->callback([options] {
    if (!options->dry_run) enter_systemd_scope();
    evaluate_with(*options);
  });
}

}  // namespace joulebench
