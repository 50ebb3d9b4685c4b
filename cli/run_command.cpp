#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/single_run.h"
#include "cli/block_line.h"
#include "cli/commands.h"
#include "cli/estimate_json.h"
#include "cli/interruption.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "leaderboard/number_text.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct Options : RunOptions {
  fs::path submission;
  fs::path competition;
  std::string track;
  fs::path record;
};

// "96.9 % (94.6 to 98.3)"; without interval just the value.
std::string percent_with_interval(const Estimate& estimate) {
  std::string text = fmt::format("{:.2f} %", 100 * estimate.value);
  if (estimate.interval) {
    text += fmt::format(" ({:.2f} to {:.2f})", 100 * estimate.interval->low,
                        100 * estimate.interval->high);
  }
  return text;
}

// "12.3 uJ (12.1 to 12.6)", in the prefix that suits the value.
std::string joules_with_interval(const Estimate& estimate) {
  struct Prefix {
    double factor;
    const char* unit;
  };
  constexpr std::array kPrefixes = {Prefix{1, "J"}, Prefix{1e3, "mJ"}, Prefix{1e6, "uJ"},
                                    Prefix{1e9, "nJ"}};
  Prefix prefix = kPrefixes.back();
  for (const Prefix& one : kPrefixes) {
    if (std::abs(estimate.value) * one.factor >= 1) {
      prefix = one;
      break;
    }
  }
  std::string text = fmt::format("{:.4g} {}", estimate.value * prefix.factor, prefix.unit);
  if (estimate.interval) {
    text += fmt::format(" ({:.4g} to {:.4g})", estimate.interval->low * prefix.factor,
                        estimate.interval->high * prefix.factor);
  }
  return text;
}

nlohmann::json to_json_result(const SingleRun& run) {
  const auto& [record, score, folder] = run;
  nlohmann::json flags = nlohmann::json::array();
  for (const Flag& flag : score.flags) {
    flags.push_back({{"name", flag.name}, {"detail", flag.detail}});
  }
  nlohmann::json result = {{"format", "joulebench-run/1"},
                           {"entry", record.entry.name},
                           {"entry_id", record.entry.id},
                           {"track", record.track.id},
                           {"outcome", to_string(record.outcome)},
                           {"message", record.message},
                           {"class", to_string(score.energy_class)},
                           {"blocks", score.blocks},
                           {"flags", flags},
                           {"record", fs::absolute(folder).lexically_normal().string()}};
  if (!record.log_tail.empty()) result["log_tail"] = record.log_tail;
  if (record.environment) {
    result["environment"] = {{"name", record.environment->name},
                             {"sha256", record.environment->sha256}};
  }
  put_estimate(result, "accuracy", score.accuracy);
  result["metric"] = score.metric;
  put_estimate(result, "metric_value", quality(score));
  put_estimate(result, "joules_per_sample", score.joules_per_sample);
  if (score.harness_share) result["harness_cpu_share"] = *score.harness_share;
  if (score.latency) {
    put_estimate(result, "latency_p50_s", score.latency->p50);
    put_estimate(result, "latency_p90_s", score.latency->p90);
    put_estimate(result, "latency_p99_s", score.latency->p99);
  }
  put_estimate(result, "joules_per_training", score.joules_per_training);
  return result;
}

void print_text(const SingleRun& run) {
  const auto& [record, score, folder] = run;
  std::cout << fmt::format("{} on track {}: {}\n", printable(record.entry.name, 80),
                           record.track.id, to_string(record.outcome));
  if (!record.message.empty()) std::cout << fmt::format("  {}\n", printable(record.message, 2000));
  if (!record.log_tail.empty()) {
    std::cout << "  the last lines of its log:\n"
              << indented(printable(record.log_tail, 8000), "    | ");
  }
  if (score.accuracy) {
    std::cout << fmt::format("  accuracy  {}\n", percent_with_interval(*score.accuracy));
  }
  if (score.metric_value) {
    const Estimate value = shown_metric(*score.metric_value, score.is_share);
    std::cout << fmt::format("  {}  {}{} ({})\n", score.metric, value_text(value, 1),
                             score.is_share ? " %" : "", interval_text(value, 1));
  }
  if (energy_figure(score)) {
    std::cout << fmt::format("  energy    {} per {}, {}\n",
                             joules_with_interval(*energy_figure(score)), unit_of_work(score.task),
                             to_string(score.energy_class));
  }
  if (score.energy_class == EnergyClass::modelled) {
    std::cout
        << "            computed from CPU time, not measured: for practice, never ranked beside "
           "measured energy\n";
  }
  if (score.latency) {
    std::cout << fmt::format("  latency   {:.4g} us median, {:.4g} us p90, {:.4g} us p99\n",
                             1e6 * score.latency->p50.value, 1e6 * score.latency->p90.value,
                             1e6 * score.latency->p99.value);
  }
  if (score.harness_share) {
    std::cout << fmt::format("  harness   {:.3f} % of a CPU in the measured windows\n",
                             100 * *score.harness_share);
  }
  if (record.environment) {
    std::cout << fmt::format("  ran in    {} {}\n", record.environment->name,
                             record.environment->sha256.substr(0, 12));
  }
  std::cout << fmt::format("  blocks    {} valid of {}\n", score.blocks,
                           record.track.protocol.blocks);
  for (const Flag& flag : score.flags) {
    std::cout << fmt::format("  flag      {}: {}\n", flag.name, printable(flag.detail, 500));
  }
  std::cout << fmt::format("  record    {}\n", folder.string());
}

void run_with(const Options& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  const Submission submission = open_submission(options.submission);
  catch_interruptions();
  Progress progress(options.quiet);
  const SingleRun run = run_entry(
      {.competition = competition,
       .submission = submission,
       .environment = options.environment,
       .track = options.track,
       .record = options.record,
       .measuring = options.measuring(
           false, [&progress](const std::string& phase) { progress.phase(phase); }),
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
             if (!entry.record().blocks.empty()) progress.line(block_line(entry.record()));
           },
       .on_note = [&progress](const EntryRun&, const std::string& note) { progress.line(note); }});
  if (options.as_json()) {
    std::cout << to_json_result(run).dump(2) << "\n";
  } else {
    print_text(run);
  }
  if (run.record.outcome != Outcome::valid) throw CLI::RuntimeError(1);
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run", "Run one entry in the sandbox and print its accuracy and energy; no board");
  command
      ->add_option("entry", options->submission,
                   "Folder that holds submission.json, or an archive of it")
      ->required()
      ->check(CLI::ExistingPath);
  command->add_option("--competition", options->competition, "The competition.json to run it under")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--track", options->track,
                      "Track of the competition (default: the first it enters)");
  command->add_option("--record", options->record,
                      "Folder for the record; one that is there is resumed "
                      "(default: joulebench-records/NAME, anew each time)");
  options->add_environment_to(*command);
  options->add_to(*command);
  command->footer(
      "Exit status: 0 valid, 1 the entry failed, 2 we cannot go on, 130 interrupted.\n"
      "Example: joulebench run my-entry --competition competitions/digits/competition.json "
      "--meters model");
  command->callback([options] {
    enter_systemd_scope();
    run_with(*options);
  });
}

}  // namespace joulebench
