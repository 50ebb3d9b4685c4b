#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/bundle.h"
#include "cli/competition_commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "core/text.h"
#include "leaderboard/number_text.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct BundleCommand {
  fs::path competition;
  fs::path output;
  fs::path datasets;
  double practice_share = 0.2;
  std::string format = "text";
  bool quiet = false;
};

void print(const BundleReport& report) {
  std::cout << fmt::format("{}  {} files, {}\n", report.output.string(), report.files.size(),
                           bytes_text(static_cast<double>(report.bytes)));
  for (const std::string& name : report.searched) {
    std::cout << fmt::format("  {}: no hidden label, sample or row number was found in it\n", name);
  }
  for (const std::string& note : report.notes) {
    std::cout << fmt::format("  note: {}\n", printable(note, 1000));
  }
}

nlohmann::ordered_json to_json(const BundleReport& report) {
  return {{"format", "joulebench-competition-bundle/1"},
          {"output", report.output.string()},
          {"bytes", report.bytes},
          {"files", report.files},
          {"searched", report.searched},
          {"notes", report.notes}};
}

void bundle(const BundleCommand& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  catch_interruptions();
  BundleReport report;
  {
    Progress progress(options.quiet);
    report = make_bundle(
        competition,
        options.output.empty() ? fs::path(competition.id + "-bundle.tar.gz") : options.output,
        {.datasets = options.datasets,
         .practice_share = options.practice_share,
         .stopped = is_stopping,
         .on_phase = [&progress](const std::string& phase) { progress.phase(phase); }});
  }
  options.format == "json" ? print_json(to_json(report)) : print(report);
}

}  // namespace

void add_competition_bundle(CLI::App& competition) {
  auto options = std::make_shared<BundleCommand>();
  CLI::App* command = competition.add_subcommand(
      "bundle", "Write what participants get: rules, public data, baselines; nothing hidden");
  command->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--output", options->output,
                      "Folder to make, or archive: .tar.gz, .tar.zst or .zip (default: "
                      "ID-bundle.tar.gz)");
  command->add_option("--datasets", options->datasets, "Folder to look for datasets in first")
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--practice-share", options->practice_share,
                   "Share of the public part that participants are asked for when they practise")
      ->check(CLI::Range(0.01, 0.9))
      ->capture_default_str();
  command->add_option("--format", options->format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "No progress on stderr");
  command->footer(
      "In the bundle `submission init`, `submission check` and `run` work without the hidden part. "
      "Before it gets its\n"
      "name all of it is searched for hidden labels, samples and row numbers; a hit is refused. "
      "The same files give\n"
      "the same bytes.\n"
      "Example: joulebench competition bundle competition.json --output my-cup.tar.gz");
  command->callback([options] { bundle(*options); });
}

}  // namespace joulebench
