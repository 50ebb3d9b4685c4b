#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/json_output.h"
#include "core/assumed_power.h"
#include "core/error.h"
#include "core/run_record.h"
#include "harness/meter/measure.h"

namespace joulebench {
namespace {

using nlohmann::ordered_json;

struct MeasureOptions {
  MeasureRequest request;
  std::string meters = "auto";
  double idle_s = 0;
  double sample_period_ms = 100;
  std::string format = "text";
  std::filesystem::path trace;
  std::filesystem::path output;
};

ordered_json domains_to_json(const WindowEnergy& window) {
  ordered_json json = ordered_json::array();
  for (const DomainEnergy& energy : window.domains) {
    ordered_json domain = {{"name", energy.domain.name},
                           {"kind", to_string(energy.domain.kind)},
                           {"source", energy.domain.source},
                           {"class", to_string(energy.domain.energy_class)}};
    const bool known = energy.joules.has_value();
    const bool states_error = known && energy.domain.energy_class != EnergyClass::modelled;
    domain["joules"] = known ? ordered_json(energy.joules->value) : ordered_json();
    domain["error_joules"] = states_error ? ordered_json(energy.error.value) : ordered_json();
    domain["mean_watts"] =
        known ? ordered_json((*energy.joules / window.wall()).value) : ordered_json();
    domain["in_total"] = energy.domain.in_total;
    domain["flags"] = to_json(energy.flags);
    json.push_back(std::move(domain));
  }
  return json;
}

ordered_json to_json(const Summary& summary) {
  ordered_json json = {{"mean", summary.mean.value}, {"median", summary.median}};
  json["interval_95"] =
      summary.mean.interval
          ? ordered_json::array({summary.mean.interval->low, summary.mean.interval->high})
          : ordered_json();
  return json;
}

/// Of a modelled energy no error is known.
bool states_error(const std::optional<EnergyTotal>& energy) {
  return energy && energy->energy_class != EnergyClass::modelled;
}

ordered_json to_json(const Measurement& measurement) {
  ordered_json json = {{"format", "joulebench-measure/1"}, {"command", measurement.command}};
  json["runs"] = ordered_json::array();
  for (const MeasuredRun& run : measurement.runs) {
    const auto steady_s = [](SteadyTime time) { return Seconds(time.time_since_epoch()).count(); };
    ordered_json entry = {{"started_steady_s", steady_s(run.energy.started)},
                          {"wall_s", run.energy.wall().count()},
                          {"user_s", run.end.user.count()},
                          {"system_s", run.end.system.count()},
                          {"exit_status", run.end.exit_status},
                          {"max_rss_bytes", run.end.max_rss_bytes},
                          {"domains", domains_to_json(run.energy)}};
    entry["total_joules"] = run.total ? ordered_json(run.total->joules.value) : ordered_json();
    entry["total_error_joules"] =
        states_error(run.total) ? ordered_json(run.total->error.value) : ordered_json();
    entry["total_class"] =
        run.total ? ordered_json(to_string(run.total->energy_class)) : ordered_json();
    entry["total_formula"] = run.energy.total_formula;
    if (run.net) {
      entry["net_joules"] = run.net->joules.value;
      entry["net_error_joules"] =
          states_error(run.net) ? ordered_json(run.net->error.value) : ordered_json();
    }
    entry["flags"] = to_json(run.energy.flags);
    json["runs"].push_back(std::move(entry));
  }
  if (measurement.idle) {
    json["idle"] = {{"wall_s", measurement.idle->wall().count()},
                    {"domains", domains_to_json(*measurement.idle)}};
  }
  if (!measurement.runs.empty()) {
    json["summary"] = {
        {"wall_s", to_json(measurement.wall_s)},
        {"joules", measurement.joules ? to_json(*measurement.joules) : ordered_json()}};
  }
  json["meter_cost"] = {{"cpu_s", (measurement.cost.cpu + measurement.cost.edge_cpu).count()},
                        {"sampling_cpu_s", measurement.cost.cpu.count()},
                        {"reads", measurement.cost.reads},
                        {"read_s_median", measurement.cost.read_median.count()}};
  json["missing"] = ordered_json::array();
  for (const MissingSource& missing : measurement.missing) {
    json["missing"].push_back(
        {{"source", missing.source}, {"reason", missing.reason}, {"remedy", missing.remedy}});
  }
  json["flags"] = to_json(measurement.flags);
  json["exit_status"] = measurement.exit_status;
  return json;
}

std::string to_csv(const Measurement& measurement) {
  std::string csv =
      "run,wall_s,user_s,system_s,exit_status,max_rss_bytes,domain,kind,source,class,joules,error_"
      "joules,"
      "mean_watts,in_total,flags\n";
  int number = 0;
  for (const MeasuredRun& run : measurement.runs) {
    ++number;
    for (const DomainEnergy& energy : run.energy.domains) {
      std::string flags;
      for (const Flag& flag : energy.flags) flags += (flags.empty() ? "" : " ") + flag.name;
      const auto number_or_none = [&](double value) {
        return energy.joules ? fmt::format("{}", value) : std::string();
      };
      csv += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", number, run.energy.wall().count(),
          run.end.user.count(), run.end.system.count(), run.end.exit_status, run.end.max_rss_bytes,
          energy.domain.name, to_string(energy.domain.kind), energy.domain.source,
          to_string(energy.domain.energy_class),
          number_or_none(energy.joules ? energy.joules->value : 0),
          energy.domain.energy_class == EnergyClass::modelled ? std::string()
                                                              : number_or_none(energy.error.value),
          number_or_none(energy.joules ? (*energy.joules / run.energy.wall()).value : 0),
          energy.domain.in_total ? "true" : "false", flags);
    }
  }
  return csv;
}

/// Of modelled energy nobody knows how wrong it is: no error is stated, and no more digits than
/// mean something.
std::string with_error(double value, double error, EnergyClass energy_class) {
  if (energy_class == EnergyClass::modelled) return fmt::format("{:.3g}", value);
  return fmt::format("{:.6g} ± {:.2g}", value, error);
}

/// Columns that `text` takes: the sign ± has two bytes and one column.
int padding_for(const std::string& text, int columns) {
  return text.find("±") == text.npos ? columns : columns + 1;
}

std::string domain_text(const DomainEnergy& energy, double wall) {
  const std::string joules = energy.joules ? with_error(energy.joules->value, energy.error.value,
                                                        energy.domain.energy_class)
                                           : "not readable";
  const std::string watts = !energy.joules ? ""
                            : energy.domain.energy_class == EnergyClass::modelled
                                ? fmt::format("{:.3g}", energy.joules->value / wall)
                                : fmt::format("{:.4g}", energy.joules->value / wall);
  std::string text = fmt::format("  {:<20} {:>{}} {:>12}  {:<10} {}\n", energy.domain.name, joules,
                                 padding_for(joules, 24), watts,
                                 to_string(energy.domain.energy_class), energy.domain.source);
  if (const auto watts_per_cpu = assumed_power(energy.domain); watts_per_cpu && energy.joules) {
    const double low = 1 / kModelFactor, high = kModelFactor;
    text += fmt::format(
        "    not measured: assumes {:g} W for each busy CPU; at {:g} to {:g} W it would be "
        "{:.2g} to {:.2g} J\n",
        watts_per_cpu->value, watts_per_cpu->value * low, watts_per_cpu->value * high,
        energy.joules->value * low, energy.joules->value * high);
  }
  for (const Flag& flag : energy.flags) text += fmt::format("    {}: {}\n", flag.name, flag.detail);
  return text;
}

std::string run_text(const MeasuredRun& run) {
  const double wall = run.energy.wall().count();
  std::string text =
      fmt::format("{:.6g} s wall, {:.6g} s user, {:.6g} s system, {:.1f} MB, exit status {}\n",
                  wall, run.end.user.count(), run.end.system.count(),
                  static_cast<double>(run.end.max_rss_bytes) / 1e6, run.end.exit_status);
  text += fmt::format("  {:<20} {:>24} {:>12}  {:<10} {}\n", "domain", "joules", "watts", "class",
                      "source");
  for (const DomainEnergy& energy : run.energy.domains) text += domain_text(energy, wall);
  if (run.total) {
    text += fmt::format(
        "  total {} J ({}) = {}\n",
        with_error(run.total->joules.value, run.total->error.value, run.total->energy_class),
        to_string(run.total->energy_class), run.energy.total_formula);
  }
  for (const Flag& flag : run.energy.flags) {
    text += fmt::format("  {}: {}\n", flag.name, flag.detail);
  }
  if (run.net) {
    text +=
        fmt::format("  net of idle power {} J\n",
                    with_error(run.net->joules.value, run.net->error.value, run.net->energy_class));
  }
  return text;
}

std::string to_text(const Measurement& measurement) {
  std::string text;
  const bool several = measurement.runs.size() > 1;
  int number = 0;
  for (const MeasuredRun& run : measurement.runs) {
    ++number;
    text += several ? fmt::format("\nrun {}: ", number) : "\n";
    text += run_text(run);
  }
  if (several) {
    const auto line = [](const char* name, const Summary& summary, const char* unit) {
      return fmt::format("  {:<8} mean {:.6g} {}, 95 % interval {:.6g} to {:.6g}, median {:.6g}\n",
                         name, summary.mean.value, unit, summary.mean.interval->low,
                         summary.mean.interval->high, summary.median);
    };
    text += fmt::format("\n{} runs:\n", measurement.runs.size());
    text += line("time", measurement.wall_s, "s");
    if (measurement.joules) text += line("energy", *measurement.joules, "J");
  }
  for (const Flag& flag : measurement.flags)
    text += fmt::format("{}: {}\n", flag.name, flag.detail);
  text += fmt::format("  measuring cost {:.3g} s of CPU time and {} reads of {:.2g} us each\n",
                      (measurement.cost.cpu + measurement.cost.edge_cpu).count(),
                      measurement.cost.reads, measurement.cost.read_median.count() * 1e6);
  return text;
}

/// Without waiting for the disk: that would take longer than many a command that is measured.
void write_report(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content << std::flush;
  if (!file) {
    throw Error({.what = "cannot write the report",
                 .where = path.string() + ": " + system_message(errno),
                 .hint = "name a file in a folder that you may write to"});
  }
}

void run_measure(const MeasureOptions& options) {
  MeasureRequest request = options.request;
  request.meters.names = CLI::detail::split(options.meters, ',');
  request.idle = Seconds(options.idle_s);
  request.sample_period = Seconds(options.sample_period_ms / 1000);
  SystemClock clock;
  const Measurement measurement = measure(request, clock);
  if (!options.trace.empty()) write_report(options.trace, joulebench::to_csv(measurement.trace));
  const std::string report = options.format == "json"
                                 ? to_json(measurement).dump(2, ' ', true) + "\n"
                             : options.format == "csv" ? to_csv(measurement)
                                                       : to_text(measurement);
  if (options.output.empty()) {
    std::cout << report << std::flush;
  } else {
    write_report(options.output, report);
  }
  if (measurement.exit_status != 0) throw CLI::RuntimeError(measurement.exit_status);
}

}  // namespace

void add_measure_command(CLI::App& app) {
  auto options = std::make_shared<MeasureOptions>();
  CLI::App* command = app.add_subcommand("measure", "Say how many joules any command uses");
  command
      ->add_option(
          "--meters", options->meters,
          "Which meters, separated by commas: auto, rapl, perf, powercap, nvml, hwmon, model, "
          "model:WATTS")
      ->capture_default_str();
  command
      ->add_option("--meter-command", options->request.meters.commands,
                   "An outside meter: a shell command that prints a line a sample, SECONDS joules "
                   "VALUE or SECONDS watts VALUE; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--repeat", options->request.repeat, "Measured runs of the command")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--warmup", options->request.warmup, "Runs before, which are not measured")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--idle-s", options->idle_s,
                   "Seconds to measure idle power before; gives net joules")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--sample-period-ms", options->sample_period_ms,
                   "Time between two readings for the trace")
      ->check(CLI::Range(1.0, 60'000.0))
      ->capture_default_str();
  command->add_option("--trace", options->trace, "File for the readings, as CSV");
  command->add_option("--format", options->format, "How the report is written")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  command->add_option("--output", options->output,
                      "File for the report, instead of standard output");
  command->add_option("--sysfs", options->request.meters.sysfs, "Root of the kernel's device files")
      ->capture_default_str();
  command
      ->add_option("command", options->request.command, "The command and its arguments, behind --")
      ->required();
  command->footer(
      "The command's output and exit status are passed through; signals reach it. Exit status 2: "
      "it could not "
      "be measured.");
  command->callback([options] { run_measure(*options); });
}

}  // namespace joulebench
