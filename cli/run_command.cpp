#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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
#include "core/error.h"
#include "core/shipped_files.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "leaderboard/number_text.h"
#include "scoring/comparison.h"
#include "scoring/figures.h"
#include "scoring/power.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct Options : RunOptions {
  fs::path submission;
  fs::path competition;
  std::string track;
  fs::path record;
  bool with_baseline = false;
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

// Which floors it meets, and how many right answers the next one needs.
void print_floors(const SingleRun& run) {
  const auto& [record, score, folder] = run;
  const Track& track = record.track;
  const std::vector<double> floors = floors_to_prove(track);
  if (!quality(score) || floors.empty()) return;
  if (!track.metric.is_share || track.metric.less_is_better) return;
  std::vector<double> met = floors_met(score, track);
  std::sort(met.begin(), met.end());
  std::string text;
  for (const double floor : met) {
    text += (text.empty() ? "meets " : ", ") + percent_text(floor) + " %";
  }
  if (text.empty()) text = "meets none, and would not rank";
  std::optional<double> next;
  for (const double floor : floors) {
    if (std::find(met.begin(), met.end(), floor) == met.end()) {
      next = std::min(next.value_or(floor), floor);
    }
  }
  if (next && score.metric == "accuracy" && score.samples > 0 && track.task == Task::predict) {
    const auto right = right_answers_to_prove(*next, score.samples, track.ranking.floor_confidence);
    text += right ? fmt::format("; {} % needs {} of {} right answers", percent_text(*next), *right,
                                score.samples)
                  : fmt::format("; {} % cannot be met here", percent_text(*next));
  }
  std::cout << fmt::format("  floors    {}\n", text);
}

std::string cpu_text(const RunRecord& record) {
  const auto cpu = cpu_per_sample(record);
  return cpu ? fmt::format("{:.4g} us", 1e6 * cpu->count()) : "not known";
}

void print_cost(const SingleRun& run) {
  const auto& [record, score, folder] = run;
  if (score.task == Task::predict) {
    std::cout << fmt::format("  CPU time  {} per sample\n", cpu_text(record));
  }
  if (score.samples_per_second) {
    std::cout << fmt::format("  speed     {:.4g} samples a second\n", *score.samples_per_second);
  }
  if (score.mean_watts) std::cout << fmt::format("  power     {:.4g} W\n", score.mean_watts->value);
  if (const auto memory = peak_memory(record)) {
    std::cout << fmt::format("  memory    {:.1f} MB at most\n", static_cast<double>(*memory) / 1e6);
  }
}

// One line a name: the same said of five blocks is not said five times.
void print_flags(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) {
    if (std::find(names.begin(), names.end(), flag.name) == names.end()) names.push_back(flag.name);
  }
  for (const std::string& name : names) {
    const auto is_named = [&name](const Flag& flag) { return flag.name == name; };
    const auto first = std::find_if(flags.begin(), flags.end(), is_named);
    const auto count = std::count_if(flags.begin(), flags.end(), is_named);
    std::cout << fmt::format("  flag      {}: {}{}\n", name, printable(first->detail, 500),
                             count > 1 ? fmt::format(" (and {} more)", count - 1) : "");
  }
}

// Both in one table, and what the ranking's test says of them.
void print_comparison(const SingleRun& entry, const SingleRun& baseline) {
  const auto row = [](const char* what, const std::string& one, const std::string& other) {
    std::cout << fmt::format("  {:<10}{:>32}{:>32}\n", what, one, other);
  };
  const auto energy = [](const Score& score) {
    return energy_figure(score) ? joules_with_interval(*energy_figure(score)) : std::string("-");
  };
  const auto accuracy = [](const Score& score) {
    return score.accuracy ? percent_with_interval(*score.accuracy) : std::string("-");
  };
  const auto watts = [](const Score& score) {
    return score.mean_watts ? fmt::format("{:.4g} W", score.mean_watts->value) : std::string("-");
  };
  std::cout << "\n";
  row("", printable(entry.record.entry.name, 30), printable(baseline.record.entry.name, 30));
  row("accuracy", accuracy(entry.score), accuracy(baseline.score));
  row("energy", energy(entry.score), energy(baseline.score));
  row("CPU time", cpu_text(entry.record), cpu_text(baseline.record));
  row("power", watts(entry.score), watts(baseline.score));
  std::cout << fmt::format("  {}\n", compare_in_words(entry.score, baseline.score,
                                                      entry.record.track.ranking.confidence));
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
  print_floors(run);
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
  print_cost(run);
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
  print_flags(score.flags);
  std::cout << fmt::format("  record    {}\n", folder.string());
}

fs::path competition_or_error() {
  if (const auto here = competition_here()) return *here;
  throw Error({.what = "no competition was named",
               .where = "there is no competition.json in this folder either",
               .hint = "--competition FILE, such as " +
                       (shipped_files() / "competitions/digits/competition.json").string()});
}

void run_with(const Options& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  const Submission submission = open_submission(options.submission);
  catch_interruptions();
  Progress progress(options.quiet);
  const SingleRuns runs = run_entry(
      {.competition = competition,
       .submission = submission,
       .environment = options.environment,
       .track = options.track,
       .record = options.record,
       .with_baseline = options.with_baseline,
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
             if (!entry.record().blocks.empty()) progress.line(block_line(entry.record()));
           },
       .on_note = [&progress](const EntryRun&, const std::string& note) { progress.line(note); }});
  if (options.as_json()) {
    nlohmann::json result = to_json_result(runs.entry);
    if (runs.baseline) {
      result["baseline"] = to_json_result(*runs.baseline);
      const auto compared = compare_scores(runs.entry.score, runs.baseline->score,
                                           runs.entry.record.track.ranking.confidence);
      if (compared) put_estimate(result, "energy_of_baseline", compared->energy_ratio);
    }
    std::cout << result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    print_text(runs.entry);
    if (runs.baseline) print_comparison(runs.entry, *runs.baseline);
  }
  if (runs.entry.record.outcome != Outcome::valid) throw CLI::RuntimeError(1);
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
  options->add_environment_to(*command);
  options->add_to(*command);
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
