#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/single_run.h"
#include "cli/block_line.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/run_text.h"
#include "core/error.h"
#include "core/shipped_files.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "scoring/comparison.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct RunCommandOptions : RunOptions {
  fs::path submission;
  fs::path competition;
  std::string track;
  fs::path record;
  bool with_baseline = false;
  fs::path earlier;
};

fs::path competition_or_error() {
  if (const auto here = competition_here()) return *here;
  throw Error({.what = "no competition was named",
               .where = "there is no competition.json in this folder either",
               .hint = "--competition FILE, such as " +
                       (shipped_files() / "competitions/digits/competition.json").string()});
}

void run_with(const RunCommandOptions& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  const Submission submission = open_submission(options.submission);
  catch_interruptions();
  Progress progress(options.quiet, options.log);
  progress.stand(printable(submission.name, 80), std::nullopt);
  const SingleRuns runs = run_entry(
      {.competition = competition,
       .submission = submission,
       .environment = options.environment,
       .track = options.track,
       .record = options.record,
       .with_baseline = options.with_baseline,
       .earlier = options.earlier,
       .measuring = options.measuring(
           competition, false, [&progress](const std::string& phase) { progress.phase(phase); }),
       .scorer = scorer_callbacks()},
      {.before_block =
           [&progress](const EntryRun& entry) {
             progress.stand(
                 fmt::format("{}: block {} of {}", printable(entry.record().entry.name, 80),
                             entry.record().valid_blocks() + 1,
                             entry.record().track.protocol.blocks),
                 entry.time_left());
           },
       .after_block =
           [&progress](const EntryRun& entry) {
             if (entry.record().blocks.empty()) return;
             progress.power(watts_of(entry.record().blocks.back()));
             progress.line(block_line(entry.record()));
           },
       .on_note =
           [&progress](const EntryRun& run, const std::string& note) {
             progress.line(printable(run.record().entry.name, 80) + ": " + note);
           }});
  if (options.as_json()) {
    nlohmann::json result = to_json_result(runs.entry);
    if (runs.baseline) {
      result["baseline"] = to_json_result(*runs.baseline);
      const auto compared = compare_scores(runs.entry.score, runs.baseline->score,
                                           runs.entry.record.track.ranking.confidence);
      if (compared) put_estimate(result, "energy_of_baseline", compared->energy_ratio);
    }
    if (runs.earlier) result["earlier"] = to_json_result(*runs.earlier);
    result["standing"] = standing_of(runs);
    print_json(result);
  } else {
    print_text(runs.entry);
    print_standing(runs);
    print_comparison(runs);
  }
  if (runs.entry.record.outcome != Outcome::valid) throw CLI::RuntimeError(1);
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Run one entry in the sandbox and print its accuracy and energy; no board");
  command
      ->add_option("entry", options->submission,
                   "Folder that holds submission.json, or an archive of it")
      ->required()
      ->check(CLI::ExistingPath);
  command
      ->add_option("--competition", options->competition,
                   "The competition.json to run it under (default: that of this folder)")
      ->check(CLI::ExistingFile);
  command->add_option("--track", options->track,
                      "Track of the competition (default: the first it enters)");
  command->add_option("--record", options->record,
                      "Folder for the record; one that is there is resumed "
                      "(default: joulebench-records/NAME, anew each time)");
  command->add_flag("--baseline", options->with_baseline,
                    "Run the track's baseline in turn with it, and compare");
  command
      ->add_option("--compare", options->earlier,
                   "Folder of an earlier record of this track, to compare with")
      ->check(CLI::ExistingDirectory);
  options->add_environment_to(*command);
  options->add_to(*command);
  options->add_log_to(*command);
  command->footer(
      "Exit status: 0 valid, 1 the entry failed, 2 we cannot go on, 130 interrupted.\n"
      "Example: joulebench run my-entry --competition competitions/digits/competition.json "
      "--meters model");
  command->callback([options] {
    enter_systemd_scope();
    if (options->competition.empty()) options->competition = competition_or_error();
    run_with(*options);
  });
}

}  // namespace joulebench
