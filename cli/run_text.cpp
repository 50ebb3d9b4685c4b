#include "cli/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "campaign/failure_advice.h"
#include "cli/colour.h"
#include "cli/json_output.h"
#include "cli/size_text.h"
#include "core/text.h"
#include "leaderboard/number_text.h"
#include "scoring/comparison.h"
#include "scoring/figures.h"
#include "scoring/power.h"
#include "scoring/ranking.h"
#include "scoring/standing.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

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

std::vector<std::string> advice_of(const RunRecord& record) {
  return advice_on(
      {.outcome = record.outcome, .message = record.message, .log_tail = record.log_tail},
      record.track);
}

// Which floors it meets, and how many right answers the next one needs.
void print_floors(const SingleRun& run) {
  const RunRecord& record = run.record;
  const Score& score = run.score;
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

void print_phases(const SingleRun& run) {
  if (run.phases.empty()) return;
  std::cout << "  phases    of a block, on average; only what is measured counts\n";
  for (const PhaseEnergy& phase : run.phases) {
    std::cout << fmt::format(
        "            {:<20} {:>9} in {:.3g} s\n",
        (phase.is_part ? "  " : "") + printable(phase.name, 30),
        phase.joules ? joules_with_interval({.value = phase.joules->value, .interval = {}})
                     : std::string("-"),
        phase.time.count());
  }
}

std::string cpu_text(const RunRecord& record) {
  const auto cpu = cpu_per_sample(record);
  return cpu ? fmt::format("{:.4g} us", 1e6 * cpu->count()) : "not known";
}

void print_cost(const SingleRun& run) {
  const RunRecord& record = run.record;
  const Score& score = run.score;
  if (score.task == Task::predict) {
    std::cout << fmt::format("  CPU time  {} per sample\n", cpu_text(record));
  }
  if (score.samples_per_second) {
    std::cout << fmt::format("  speed     {:.4g} samples a second\n", *score.samples_per_second);
  }
  if (score.mean_watts) std::cout << fmt::format("  power     {:.4g} W\n", score.mean_watts->value);
  if (const auto memory = peak_memory(record)) {
    std::cout << fmt::format("  memory    {} at most\n", megabytes(*memory));
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
    std::cout << fmt::format("  {}      {}: {}{}\n", marked(Mark::warning, "flag"), name,
                             printable(first->detail, 500),
                             count > 1 ? fmt::format(" (and {} more)", count - 1) : "");
  }
}

/// One column of the table: a run, and what it is called there.
struct RunColumn {
  const SingleRun& run;
  std::string name;
};

bool is_of_another_session(const SingleRuns& runs, const SingleRun& other) {
  if (!runs.earlier || &other != &*runs.earlier) return false;
  const Score& one = runs.entry.score;
  return one.outcome == Outcome::valid && other.score.outcome == Outcome::valid &&
         !compare_scores(one, other.score, runs.entry.record.track.ranking.confidence);
}

/// A row: what it says of a run, and the number by which runs are divided.
struct Row {
  const char* name;
  std::string (*text)(const SingleRun&);
  std::optional<double> (*number)(const SingleRun&);
};

std::optional<double> seconds_per_work(const SingleRun& run) {
  if (run.score.task == Task::train) {
    const auto time = seconds_per_training(run.score);
    return time ? std::optional(time->count()) : std::nullopt;
  }
  if (!run.score.samples_per_second) return std::nullopt;
  return 1 / *run.score.samples_per_second;
}

std::optional<double> cpu_seconds(const SingleRun& run) {
  const auto cpu = cpu_per_sample(run.record);
  return cpu ? std::optional(cpu->count()) : std::nullopt;
}

std::optional<double> memory_of(const SingleRun& run) {
  const auto memory = peak_memory(run.record);
  return memory ? std::optional(static_cast<double>(*memory)) : std::nullopt;
}

std::string or_dash(const std::optional<double>& value, double factor, const char* unit) {
  return value ? fmt::format("{:.4g} {}", *value * factor, unit) : std::string("-");
}

std::string quality_text(const SingleRun& run) {
  const auto& value = quality(run.score);
  if (!value) return "-";
  if (run.score.is_share) return percent_with_interval(*value);
  return value_text(*value, 1) + " (" + interval_text(*value, 1) + ")";
}

std::string energy_text(const SingleRun& run) {
  return energy_figure(run.score) ? joules_with_interval(*energy_figure(run.score)) : "-";
}

std::string time_text(const SingleRun& run) {
  return run.score.task == Task::train ? or_dash(seconds_per_work(run), 1, "s")
                                       : or_dash(seconds_per_work(run), 1e6, "us");
}

std::optional<double> phase_joules(const SingleRun& run, std::string_view name) {
  for (const PhaseEnergy& phase : run.phases) {
    if (phase.name == name && phase.joules) return phase.joules->value;
  }
  return std::nullopt;
}

std::string phase_text(const SingleRun& run, std::string_view name) {
  const auto joules = phase_joules(run, name);
  return joules ? joules_with_interval({.value = *joules, .interval = {}}) : std::string("-");
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"energy", energy_text,
       [](const SingleRun& run) {
         const auto& energy = energy_figure(run.score);
         return energy ? std::optional(energy->value) : std::nullopt;
       }},
      {"time", time_text, seconds_per_work},
      {"CPU time", [](const SingleRun& run) { return or_dash(cpu_seconds(run), 1e6, "us"); },
       cpu_seconds},
      {"power",
       [](const SingleRun& run) {
         return run.score.mean_watts ? fmt::format("{:.4g} W", run.score.mean_watts->value)
                                     : std::string("-");
       },
       [](const SingleRun& run) {
         return run.score.mean_watts ? std::optional(run.score.mean_watts->value) : std::nullopt;
       }},
      {"memory", [](const SingleRun& run) { return or_dash(memory_of(run), 1e-6, "MB"); },
       memory_of},
      {"load", [](const SingleRun& run) { return phase_text(run, "load"); },
       [](const SingleRun& run) { return phase_joules(run, "load"); }},
      {"warm-up", [](const SingleRun& run) { return phase_text(run, "warm-up"); },
       [](const SingleRun& run) { return phase_joules(run, "warm-up"); }},
      {"tail", [](const SingleRun& run) { return phase_text(run, "tail"); },
       [](const SingleRun& run) { return phase_joules(run, "tail"); }}};
  return all;
}

/// The entry's over the other's; of energy with the interval of the ranking's test where there is
/// one.
std::string ratio_text(const Row& row, const SingleRun& entry, const SingleRun& other) {
  if (std::string_view(row.name) == "energy") {
    const auto compared =
        compare_scores(entry.score, other.score, entry.record.track.ranking.confidence);
    if (compared) {
      return value_text(compared->energy_ratio, 1) +
             (compared->energy_ratio.interval
                  ? " (" + interval_text(compared->energy_ratio, 1) + ")"
                  : "");
    }
  }
  const auto one = row.number(entry), two = row.number(other);
  if (!one || !two || *two <= 0) return "-";
  return fmt::format("{:.3g}", *one / *two);
}

void print_table(const std::vector<std::vector<std::string>>& table) {
  std::vector<std::size_t> widths;
  for (const auto& line : table) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], text_width(line[i]));
    }
  }
  for (const auto& line : table) {
    std::string text = "  " + line[0] + std::string(widths[0] - text_width(line[0]), ' ');
    for (std::size_t i = 1; i < line.size(); ++i) {
      text += std::string(3 + widths[i] - text_width(line[i]), ' ') + line[i];
    }
    std::cout << text << "\n";
  }
}

}  // namespace

nlohmann::json to_json_result(const SingleRun& run) {
  const RunRecord& record = run.record;
  const Score& score = run.score;
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
                           {"record", fs::absolute(run.folder).lexically_normal().string()}};
  if (!record.log_tail.empty()) result["log_tail"] = record.log_tail;
  if (const auto advice = advice_of(record); !advice.empty()) result["advice"] = advice;
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
  if (const auto cpu = cpu_per_sample(record)) result["cpu_s_per_sample"] = cpu->count();
  if (score.mean_watts) result["watts"] = score.mean_watts->value;
  if (const auto memory = peak_memory(record)) result["peak_memory_bytes"] = *memory;
  nlohmann::json phases = nlohmann::json::array();
  for (const PhaseEnergy& phase : run.phases) {
    nlohmann::json one = {
        {"phase", phase.name}, {"time_s", phase.time.count()}, {"is_part", phase.is_part}};
    one["joules"] = phase.joules ? nlohmann::json(phase.joules->value) : nlohmann::json();
    phases.push_back(std::move(one));
  }
  result["phases"] = std::move(phases);
  result["hints"] = energy_hints(record, score, run.command);
  return result;
}

void print_text(const SingleRun& run) {
  const RunRecord& record = run.record;
  const Score& score = run.score;
  std::cout << fmt::format(
      "{} on track {}: {}\n", printable(record.entry.name, 80), record.track.id,
      marked(record.outcome == Outcome::valid ? Mark::good : Mark::bad, to_string(record.outcome)));
  if (!record.message.empty()) std::cout << fmt::format("  {}\n", printable(record.message, 2000));
  for (const std::string& one : advice_of(record)) std::cout << "  " << one << "\n";
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
  print_phases(run);
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
  for (const std::string& hint : energy_hints(record, score, run.command)) {
    std::cout << fmt::format("  {}      {}\n", marked(Mark::warning, "hint"), hint);
  }
  std::cout << fmt::format("  record    {}\n", run.folder.string());
}

void print_comparison(const SingleRuns& runs) {
  const SingleRun& entry = runs.entry;
  std::vector<RunColumn> others;
  if (runs.baseline) {
    others.push_back({*runs.baseline, printable(runs.baseline->record.entry.name, 30)});
  }
  if (runs.earlier) {
    const EntryIdentity& earlier = runs.earlier->record.entry;
    others.push_back({*runs.earlier, "earlier " + printable(earlier.name, 30)});
  }
  if (others.empty()) return;
  std::vector<std::vector<std::string>> table = {{"", printable(entry.record.entry.name, 30)}};
  for (const RunColumn& other : others) {
    table[0].push_back(other.name);
    table[0].push_back("ratio");
  }
  table.push_back({entry.score.metric, quality_text(entry)});
  for (const RunColumn& other : others) {
    table.back().push_back(quality_text(other.run));
    table.back().push_back("");
  }
  for (const Row& row : rows()) {
    table.push_back({row.name, row.text(entry)});
    for (const RunColumn& other : others) {
      table.back().push_back(row.text(other.run));
      table.back().push_back(ratio_text(row, entry, other.run));
    }
  }
  std::cout << fmt::format(
      "\n  energy, time and CPU time per {}; load, warm-up and tail are energy of a block outside "
      "of "
      "what is measured; ratio: this run's over the other's\n",
      unit_of_work(entry.score.task));
  print_table(table);
  for (const RunColumn& other : others) {
    if (is_of_another_session(runs, other.run)) {
      std::cout << "  the earlier run is of another session: how the machine changed in between is "
                   "in these ratios, so they have no interval\n";
      continue;
    }
    std::cout << fmt::format("  {}\n", compare_in_words(entry.score, other.run.score,
                                                        entry.record.track.ranking.confidence));
  }
}

std::vector<std::string> standing_of(const SingleRuns& runs) {
  std::vector<Score> others;
  if (runs.baseline) others.push_back(runs.baseline->score);
  return standing_in_words(runs.entry.score, others, runs.entry.record.track);
}

void print_standing(const SingleRuns& runs) {
  if (runs.entry.record.outcome != Outcome::valid) return;
  for (const std::string& words : standing_of(runs)) {
    // Alone it is first everywhere: only that it ranks, or not, says something.
    if (!runs.baseline && !words.starts_with("would")) continue;
    std::cout << fmt::format("  rank      {}\n", printable(words, 500));
  }
}

}  // namespace joulebench
