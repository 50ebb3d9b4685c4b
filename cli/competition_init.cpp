#include "campaign/competition_init.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/competition_commands.h"
#include "cli/json_output.h"
#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct InitCommand : CompetitionInit {
  std::string format = "text";
};

// An answer from a terminal; empty: what stands in brackets.
std::string asked(const std::string& question) {
  std::cerr << question << " " << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer)) throw Interrupted{};
  return answer;
}

void ask_for_data(InitCommand& options) {
  if (::isatty(STDIN_FILENO) == 0) {
    throw Error({.what = "a competition needs data",
                 .where = "neither --csv nor --inputs nor --dataset was given",
                 .hint = "name a file of yours: --csv FILE --label COLUMN; or a dataset that is "
                         "here: --dataset NAME (joulebench dataset list)"});
  }
  const std::string file = asked("CSV file with your samples (empty: a dataset that is here):");
  if (file.empty()) {
    options.dataset = asked("Name of the dataset:");
    if (options.dataset.empty()) throw Interrupted{};
  } else {
    options.data.csv = file;
    options.data.label = asked("Column of the labels, by name or 0-based number [the last]:");
    const std::string share = asked("Share of each class to hide as the test part [0.2]:");
    if (!share.empty() && !CLI::detail::lexical_cast(share, options.data.hidden_fraction)) {
      throw Error({.what = "a share was expected",
                   .where = "'" + printable(share, 100) + "'",
                   .hint = "a number between 0.001 and 0.999, such as 0.2"});
    }
  }
  if (options.title.empty()) options.title = asked("Title [the folder's name]:");
}

void print(const CompetitionInitReport& report) {
  const fs::path folder = report.competition.parent_path();
  std::cout << folder.string() << "\n";
  for (const std::string& file : report.files) std::cout << "  " << file << "\n";
  std::cout << fmt::format("dataset {}: {} samples to learn from, {} hidden, {}\n", report.dataset,
                           report.public_rows, report.hidden_rows,
                           report.predicts_numbers ? "a number to be predicted"
                                                   : fmt::format("{} classes", report.classes));
  std::string floors;
  for (const double floor : report.floors) {
    floors += (floors.empty() ? "" : ", ") + percent_text(floor) + " %";
  }
  std::cout << (report.predicts_numbers ? "metric: rmse, less is better: ranked by pareto\n"
                : floors.empty() ? "the test part is too small for a floor: ranked by pareto\n"
                                 : "floors: accuracy of at least " + floors + "\n");
  for (const std::string& note : report.notes) {
    std::cout << fmt::format("note: {}\n", printable(note, 1000));
  }
  std::cout << fmt::format(
      "next:\n  joulebench competition check {0}/competition.json\n  joulebench run "
      "{0}/baselines/{1} --competition {0}/competition.json\n  joulebench competition "
      "bundle {0}/competition.json\n",
      fs::relative(folder).string(), report.baseline);
}

nlohmann::ordered_json to_json(const CompetitionInitReport& report) {
  return {{"format", "joulebench-competition-init/1"},
          {"competition", report.competition.string()},
          {"files", report.files},
          {"dataset", report.dataset},
          {"public", report.public_rows},
          {"hidden", report.hidden_rows},
          {"classes", report.classes},
          {"predicts_numbers", report.predicts_numbers},
          {"floors", report.floors},
          {"notes", report.notes}};
}

void init(InitCommand& options) {
  if (options.dataset.empty() && options.data.csv.empty() && options.data.inputs.empty()) {
    ask_for_data(options);
  }
  const CompetitionInitReport report = init_competition(options);
  options.format == "json" ? print_json(to_json(report)) : print(report);
}

void add_data_options(CLI::App& command, InitCommand& options) {
  CLI::Option* csv = command.add_option("--csv", options.data.csv, "Samples of yours, one a line")
                         ->check(CLI::ExistingFile);
  command
      .add_option("--label", options.data.label,
                  "The label's column, by name or 0-based number (default: the last)")
      ->needs(csv);
  CLI::Option* header =
      command
          .add_flag_callback(
              "--header", [&options] { options.data.header = true; },
              "The first line names the columns (default: where it looks as if it did)")
          ->needs(csv);
  command
      .add_flag_callback(
          "--no-header", [&options] { options.data.header = false; }, "The first line is a sample")
      ->needs(csv)
      ->excludes(header);
  command
      .add_flag("--label-numbers", options.data.label_is_number,
                "The label is a number to be predicted, by rmse, and no class")
      ->needs(csv);
  CLI::Option* inputs =
      command.add_option("--inputs", options.data.inputs, "Samples, as .npy or idx, also .gz")
          ->check(CLI::ExistingFile)
          ->excludes(csv);
  CLI::Option* labels =
      command.add_option("--labels", options.data.labels, "Their classes, likewise")
          ->check(CLI::ExistingFile)
          ->needs(inputs);
  inputs->needs(labels);
  command.add_option("--dataset", options.dataset, "A dataset that is here, instead of new data")
      ->excludes(csv)
      ->excludes(inputs);
  command
      .add_option("--test-share", options.data.hidden_fraction,
                  "Share of each class that is hidden as the test part")
      ->check(CLI::Range(0.001, 0.999))
      ->capture_default_str();
  command.add_option("--seed", options.data.seed, "Of that draw: keep it to yourself")
      ->capture_default_str();
}

}  // namespace

void add_competition_init(CLI::App& competition) {
  auto options = std::make_shared<InitCommand>();
  CLI::App* command = competition.add_subcommand(
      "init", "Start a competition on data of yours, with a baseline that works");
  command->add_option("folder", options->folder, "Folder to make; its name becomes the id")
      ->required();
  add_data_options(*command, *options);
  command->add_option("--title", options->title, "For people (default: the id)");
  command
      ->add_option("--floors", options->floors,
                   "Accuracies that entries must prove, separated by commas (default: those of "
                   "0.8,0.9,0.95 that the test part can prove)")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--opens", options->opens, "Entries from then on: 2026-12-01T00:00:00+01:00");
  command->add_option("--closes", options->closes, "Entries until then, likewise");
  command->add_option("--time-zone", options->time_zone,
                      "Whose days quotas count by: Europe/Berlin (default: UTC)");
  command->add_option("--datasets", options->datasets, "Folder to look for --dataset in first")
      ->check(CLI::ExistingDirectory);
  command->add_option("--format", options->format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "Without data it asks, on a terminal.\n"
      "Example: joulebench competition init my-cup --csv flowers.csv --label species "
      "--test-share 0.2");
  command->callback([options] { init(*options); });
}

}  // namespace joulebench
