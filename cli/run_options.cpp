#include "cli/run_options.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/interruption.h"
#include "core/competition.h"
#include "core/text.h"

namespace joulebench {

void RunOptions::add_to(CLI::App& command) {
  command
      .add_option("--meters", meters,
                  "Energy sources, separated by commas: auto, rapl, perf, powercap, nvml, hwmon, "
                  "model (computed from CPU time, marked as such)")
      ->delimiter(',')
      ->allow_extra_args(false)  // or it would take the entries behind it
      ->capture_default_str();
  command.add_option("--datasets", datasets, "Folder to look for datasets in first")
      ->check(CLI::ExistingDirectory);
  command
      .add_option("--scratch", scratch, "Folder for inputs and staged entries (default: /dev/shm)")
      ->check(CLI::ExistingDirectory);
  command.add_option("--format", format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command.add_flag("--quiet", quiet, "No progress on stderr");
}

void RunOptions::add_environment_to(CLI::App& command) {
  command.add_option(
      "--environment", environment,
      "Environment of the competition to try it in, or host: this machine's own /usr "
      "(default: what the entry says, else the competition's first)");
}

void RunOptions::add_log_to(CLI::App& command) {
  command.add_option("--log", log,
                     "File that progress is added to, with times: entry, block, phase, watts, time "
                     "left");
}

MeasuringOptions RunOptions::measuring(const Competition& competition, bool require_limits,
                                       std::function<void(std::string)> on_phase) const {
  return {.meters = meters,
          .datasets = datasets,
          .competition_file = competition.file,
          .scratch = scratch,
          .require_limits = require_limits,
          .stopped = is_stopping,
          .on_phase = std::move(on_phase)};
}

std::optional<std::filesystem::path> competition_here() {
  std::error_code none;
  if (std::filesystem::is_regular_file("competition.json", none)) return "competition.json";
  return std::nullopt;
}

ScorerCallbacks scorer_callbacks() {
  return {.stopped = is_stopping,
          .on_failure = [](const std::string& problem, const std::string& log) {
            std::cerr << "joulebench: " << problem << "\n" << indented(log, "  | ");
          }};
}

}  // namespace joulebench
