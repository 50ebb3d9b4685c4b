#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/local_evaluation.h"
#include "cli/block_line.h"
#include "cli/board_table.h"
#include "cli/commands.h"
#include "cli/evaluate_on_cluster.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
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

struct EvaluateOptions : RunOptions {
  fs::path competition;
  std::vector<fs::path> entries;
  std::string track;
  fs::path database;
  bool from_queue = false;
  bool waits = false;
  bool dry_run = false;
  bool accept_changes = false;
  ClusterOptions cluster;

  // For the machines that run the sessions.
  std::vector<std::string> worker_words() const {
    std::vector<std::string> words = {"--wait", "600"};
    if (!cluster.node_environments.empty()) {
      words.insert(words.end(), {"--environments", cluster.node_environments.string()});
    }
    if (!scratch.empty()) words.insert(words.end(), {"--scratch", fs::absolute(scratch).string()});
    return words;
  }
};

std::string name_of(const EntryRun& run, std::size_t most) {
  return printable(run.record().entry.name, most);
}

// Progress as lines and a standing line; `options` and `progress` must outlive it.
EvaluationObserver observer_on(Progress& progress, const EvaluateOptions& options) {
  EvaluationObserver observer;
  observer.on_refused = [&progress](const Refused& refused) {
    progress.line(fmt::format("{}: not evaluated: {}", refused.path.string(), refused.reason));
  };
  observer.on_wait = [&progress](const std::string& owner) {
    progress.line("waiting for another measurement on this machine: " + owner);
  };
  observer.before_block = [&progress](const EntryRun& run, const EvaluationState& state) {
    const std::string which =
        run.blocks_left() == 0 ? "one more, at the end"
                               : fmt::format("its block {} of {}", run.record().valid_blocks() + 1,
                                             run.record().track.protocol.blocks);
    progress.stand(
        fmt::format("{} · entry {} of {} · {} · {} of {} blocks done", name_of(run, 40),
                    state.entry, state.entries, which, state.blocks - state.left, state.blocks),
        state.time_left);
  };
  observer.after_block = [&progress](const EntryRun& run) {
    const RunRecord& record = run.record();
    if (run.problem()) {
      progress.line(name_of(run, 80) + ": " + printable(run.problem()->what(), 2000));
      return;
    }
    if (!record.blocks.empty()) progress.power(watts_of(record.blocks.back()));
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
  std::cout << fmt::format(
      "track {}: {} entries, {}{} {} each, {} {} for what is left\n", plan.track.id,
      plan.entries.size(), plan.track.protocol.adds_blocks ? "at first " : "",
      plan.track.protocol.blocks, plan.track.task == Task::train ? "trainings" : "blocks",
      plan.time_is_bound ? "at most" : "about", spoken(plan.time));
  for (const CampaignPlan::Entry& entry : plan.entries) {
    std::cout << fmt::format("  {}: {} blocks to run{}\n", printable(entry.name, 80),
                             entry.blocks_left, entry.is_baseline ? ", baseline" : "");
  }
  std::cout << "order:";
  for (const std::size_t entry : plan.order) std::cout << " " << entry + 1;
  std::cout << "\n";
  if (plan.most_added.count() > 0) {
    std::cout << fmt::format("  blocks that may be added take {} at most\n",
                             spoken(plan.most_added));
  }
  std::cout << added_blocks_text(plan.track) << floor_text(plan.track, plan.hidden_samples)
            << power_text(plan.track, plan.noise,
                          {plan.round_time, fmt::format("all {} entries", plan.entries.size())});
}

void print_boards(const EvaluateOptions& options, const EvaluationRequest& request,
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
  print_json(result);
}

/// Entries that were named come first, then what intake accepted, then submissions/.
bool takes_queue(const EvaluateOptions& options, const Competition& competition) {
  if (options.from_queue) return true;
  return options.entries.empty() && fs::exists(options.database) &&
         !queued_entries(competition, options.database).empty();
}

EvaluationRequest request_of(const EvaluateOptions& options, const Competition& competition,
                             std::optional<Progress>& progress) {
  return {.competition = competition,
          .track = options.track,
          .entries = options.entries,
          .database = options.database,
          .from_queue = takes_queue(options, competition),
          .waits = options.waits,
          .accept_changes = options.accept_changes,
          .measuring = options.measuring(
              competition, true, [&progress](const std::string& phase) { progress->phase(phase); }),
          .scorer = scorer_callbacks()};
}

EvaluationResult evaluate_here(const EvaluateOptions& options, const EvaluationRequest& request,
                               Progress& progress) {
  return evaluate(request, observer_on(progress, options));
}

EvaluationResult evaluate_elsewhere(const EvaluateOptions& options,
                                    const EvaluationRequest& request, Progress& progress) {
  const ClusterRequest cluster = options.cluster.resolved(options.worker_words());
  const ClusterResult result = evaluate_on_cluster(
      request, cluster, cluster_observer_on(progress, observer_on(progress, options)));
  if (cluster.by_hand) progress.line(commands_by_hand(result.states));
  return result.evaluation;
}

nlohmann::json to_json(const CampaignPlan& plan) {
  nlohmann::json entries = nlohmann::json::array();
  for (const CampaignPlan::Entry& entry : plan.entries) {
    entries.push_back({{"entry", entry.name},
                       {"is_baseline", entry.is_baseline},
                       {"blocks_left", entry.blocks_left}});
  }
  nlohmann::json json = {{"track", plan.track.id},
                         {"entries", entries},
                         {"order", plan.order},
                         {"time_s", plan.time.count()},
                         {"time_is_bound", plan.time_is_bound},
                         {"most_added_s", plan.most_added.count()}};
  if (plan.noise) json["noise"] = *plan.noise;
  return json;
}

void print_plans(const EvaluateOptions& options, const EvaluationRequest& request,
                 const EvaluationObserver& observer) {
  if (options.cluster.is_local() && options.as_json()) {
    nlohmann::json tracks = nlohmann::json::array();
    for (const CampaignPlan& plan : plan_evaluation(request, observer)) {
      tracks.push_back(to_json(plan));
    }
    const nlohmann::json result = {{"format", "joulebench-plan/1"},
                                   {"competition", request.competition.id},
                                   {"tracks", tracks}};
    print_json(result);
    return;
  }
  if (options.cluster.is_local()) {
    for (const CampaignPlan& plan : plan_evaluation(request, observer)) print_plan(plan);
    return;
  }
  const ClusterRequest cluster = options.cluster.resolved(options.worker_words());
  const auto plans = plan_on_cluster(request, cluster, {.evaluation = observer});
  std::cout << (options.as_json() ? plan_json(plans, cluster.slurm)
                                  : plan_text(plans, cluster.slurm));
}

void print_status(const EvaluateOptions& options, const EvaluationRequest& request) {
  const auto states = cluster_states(request, options.cluster.resolved({}));
  std::cout << (options.as_json() ? status_json(states) : status_text(states));
}

void evaluate_with(const EvaluateOptions& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  catch_interruptions();
  std::optional<Progress> progress(std::in_place, options.quiet, options.log);
  progress->stand(printable(competition.id, 80), std::nullopt);
  const EvaluationRequest request = request_of(options, competition, progress);
  if (options.cluster.status) return print_status(options, request);
  if (options.dry_run) return print_plans(options, request, observer_on(*progress, options));
  const EvaluationResult evaluated = options.cluster.is_local()
                                         ? evaluate_here(options, request, *progress)
                                         : evaluate_elsewhere(options, request, *progress);
  progress.reset();  // wipes its line
  print_boards(options, request, evaluated);
  if (!evaluated.all_valid) throw CLI::RuntimeError(1);
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command = app.add_subcommand(
      "evaluate", "Run a whole competition, keep the results, go on where an earlier call stopped");
  command->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option(
      "entries", options->entries,
      "Folders or archives of entries (default: what intake accepted, else submissions/ beside the "
      "competition; its baselines always take part)");
  command
      ->add_option("--db", options->database,
                   "The board's database; made if it is not there. Records lie beside it, in "
                   "NAME.records/")
      ->required();
  command
      ->add_flag("--queue", options->from_queue,
                 "The entries that joulebench intake accepted, in place of folders or archives")
      ->excludes("entries");
  command->add_flag("--wait", options->waits,
                    "Wait for another measurement on this machine in place of giving up");
  command->add_option("--track", options->track, "Only this track (default: all)");
  command->add_flag("--accept-changes", options->accept_changes,
                    "Take over a competition file that differs from the board's; what changes "
                    "the measurement runs again, the rest is scored again");
  command->add_flag("--dry-run", options->dry_run, "Print the plan and its time; run nothing");
  options->add_to(*command);
  options->add_log_to(*command);
  options->cluster.add_to(*command);
  command->footer(
      "Ctrl-C keeps every finished block; the same command goes on from there.\n"
      "Exit status: 0 every entry is valid, 1 some failed, 2 we cannot go on, 130 interrupted.\n"
      "Example: joulebench evaluate competitions/digits/competition.json --db digits.db");
  command->callback([options] {
    const ClusterOptions& cluster = options->cluster;
    cluster.resolved({});  // or it is refused
    if (!options->dry_run && cluster.is_local()) enter_systemd_scope();
    evaluate_with(*options);
  });
}

}  // namespace joulebench
