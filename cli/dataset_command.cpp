#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "cli/size_text.h"
#include "core/error.h"
#include "core/text.h"
#include "datasets/import.h"
#include "datasets/store.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct DatasetOptions {
  fs::path datasets;
  std::string format = "text";
  bool quiet = false;
  std::string name;
  std::string from;
  double patience_s = 30;
  fs::path folder;
  ImportOptions import;
  std::string delimiter;

  DatasetLocations locations() const {
    return dataset_locations(datasets, competition_here().value_or(fs::path()));
  }
  // Where fetched files go: the folder that was named, else the user's store.
  fs::path store() const { return dataset_locations(datasets).folders.front(); }
  bool as_json() const { return format == "json"; }
};

const char* to_string(FileState::State state) {
  switch (state) {
    case FileState::State::good:
      return "good";
    case FileState::State::missing:
      return "missing";
    case FileState::State::differs:
      return "differs";
  }
  throw std::logic_error("bug: unknown state of a file");
}

nlohmann::json to_json(const DatasetState& state) {
  nlohmann::json files = nlohmann::json::array();
  for (const FileState& file : state.files) {
    files.push_back({{"name", file.name},
                     {"bytes", file.bytes},
                     {"state", to_string(file.state)},
                     {"path", file.path.string()},
                     {"problem", file.problem}});
  }
  return {{"id", state.id},       {"title", state.title}, {"licence", state.licence},
          {"bytes", state.bytes}, {"files", files},       {"complete", state.is_complete()}};
}

void list(const DatasetOptions& options) {
  const auto states = list_datasets(options.locations());
  if (options.as_json()) {
    nlohmann::json all = nlohmann::json::array();
    for (const DatasetState& state : states) all.push_back(to_json(state));
    print_json(nlohmann::json{{"format", "joulebench-datasets/1"}, {"datasets", all}});
    return;
  }
  std::size_t width = 4;
  for (const DatasetState& state : states) width = std::max(width, state.id.size());
  for (const DatasetState& state : states) {
    std::cout << fmt::format("{:<{}}  {:>9}  {:<9}  {}\n", state.id, width, megabytes(state.bytes),
                             state.is_complete() ? "here" : "not here", printable(state.title, 60));
  }
}

void verify(const DatasetOptions& options) {
  std::vector<std::string> names;
  if (options.name.empty()) {
    for (const DatasetState& state : list_datasets(options.locations())) {
      // What was never fetched is no fault, unless it was asked for.
      if (std::any_of(state.files.begin(), state.files.end(),
                      [](const FileState& f) { return f.state != FileState::State::missing; })) {
        names.push_back(state.id);
      }
    }
  } else {
    names.push_back(options.name);
  }
  bool all_good = true;
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& name : names) {
    const DatasetState state = verify_dataset(name, options.locations());
    all_good = all_good && state.is_complete();
    all.push_back(to_json(state));
    if (options.as_json()) continue;
    std::cout << fmt::format(
        "{}: {}\n", name,
        state.is_complete()
            ? fmt::format("good, {} files, {}", state.files.size(), megabytes(state.bytes))
            : "not complete");
    for (const FileState& file : state.files) {
      if (file.state == FileState::State::missing) {
        std::cout << fmt::format("  {} is missing: joulebench dataset fetch {}\n", file.name, name);
      } else if (file.state == FileState::State::differs) {
        std::cout << fmt::format("  {}\n", file.problem);
      }
    }
  }
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-datasets/1"}, {"datasets", all}});
  }
  if (!all_good) throw CLI::RuntimeError(1);
}

// One line on a terminal, rewritten; elsewhere one line per source.
class FetchProgress {
 public:
  explicit FetchProgress(bool quiet) : quiet_(quiet), terminal_(::isatty(2) == 1) {}
  ~FetchProgress() {
    if (drawn_) std::cerr << "\n";
  }

  void show(const std::string& file, const std::string& source, std::uint64_t done,
            std::uint64_t total) {
    if (quiet_) return;
    if (source != source_) {
      if (drawn_) std::cerr << "\n";
      drawn_ = false;
      source_ = source;
      started_ = std::chrono::steady_clock::now();
      first_ = done;
      if (!terminal_) std::cerr << fmt::format("{} ({}) from {}\n", file, megabytes(total), source);
    }
    if (!terminal_) return;
    const auto now = std::chrono::steady_clock::now();
    if (done != total && now - drawn_at_ < std::chrono::milliseconds(100)) return;
    drawn_at_ = now;
    const double seconds = Seconds(now - started_).count();
    const double rate =
        seconds > 0 ? static_cast<double>(done - std::min(done, first_)) / seconds : 0;
    std::string left;
    if (rate > 0 && done < total) {
      left = fmt::format(", {:.0f} s left", static_cast<double>(total - done) / rate);
    }
    std::cerr << fmt::format("\r\x1b[K{}: {} of {}, {:.1f} MB/s{}", file, megabytes(done),
                             megabytes(total), rate / 1e6, left)
              << std::flush;
    drawn_ = true;
  }

 private:
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::string source_;
  std::uint64_t first_ = 0;
  std::chrono::steady_clock::time_point started_, drawn_at_;
};

void fetch(const DatasetOptions& options) {
  catch_interruptions();
  std::size_t fetched = 0;
  {
    FetchProgress progress(options.quiet);
    FetchOptions how{
        .store = options.store(), .from = options.from, .patience = Seconds(options.patience_s)};
    how.progress = [&progress](const std::string& file, const std::string& source,
                               std::uint64_t done, std::uint64_t total) {
      progress.show(file, source, done, total);
      return !is_stopping();
    };
    how.warn = [&options](const std::string& text) {
      if (!options.quiet) std::cerr << "joulebench: " << text << "\n";
    };
    try {
      fetched = fetch_dataset(options.name, options.locations(), how);
    } catch (const Error&) {
      if (is_stopping()) throw Interrupted();
      throw;
    }
  }
  const DatasetState state = verify_dataset(options.name, options.locations());
  if (options.as_json()) {
    nlohmann::json result = to_json(state);
    result["format"] = "joulebench-dataset-fetch/1";
    result["fetched"] = fetched;
    print_json(result);
  } else {
    std::cout << fmt::format("{}: {} of {} files fetched, all good\n", options.name, fetched,
                             state.files.size());
  }
}

void export_public(const DatasetOptions& options) {
  const std::size_t samples = export_public_part(options.name, options.locations(), options.folder);
  if (options.as_json()) {
    const nlohmann::json result = {{"format", "joulebench-dataset-export/1"},
                                   {"id", options.name},
                                   {"public", samples},
                                   {"folder", options.folder.string()}};
    print_json(result);
    return;
  }
  std::cout << fmt::format("{}: {} public samples as inputs.npy and labels.npy in {}\n",
                           options.name, samples, options.folder.string());
}

void import(DatasetOptions& options) {
  options.import.name = options.name;
  options.import.store = options.store();
  if (!options.delimiter.empty()) {
    options.import.delimiter = options.delimiter == "tab" ? '\t' : options.delimiter[0];
  }
  const ImportReport report = import_dataset(options.import);
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-dataset-import/1"},
                              {"id", options.name},
                              {"manifest", report.manifest.string()},
                              {"public", report.public_rows},
                              {"hidden", report.hidden_rows},
                              {"class_names", report.class_names},
                              {"categorical_columns", report.categorical_columns},
                              {"repeated_rows", report.twins.repeated},
                              {"leaked_rows", report.twins.leaked},
                              {"leaked_rows_of_plain_split", report.leaked_by_plain_split}});
    return;
  }
  std::cout << fmt::format("{}: {} public and {} hidden samples of {} classes\n", options.name,
                           report.public_rows, report.hidden_rows, report.class_names.size());
  if (!report.categorical_columns.empty()) {
    std::cout << fmt::format("  {} columns hold names; each value became a 0/1 element\n",
                             report.categorical_columns.size());
  }
  if (report.twins.leaked != 0) {
    std::cout << fmt::format(
        "  warning: {} of {} hidden samples have a twin in the public part, label included;\n"
        "  a model that memorises is paid for it. Without --rows a split is drawn that keeps equal "
        "rows together\n",
        report.twins.leaked, report.hidden_rows);
  } else if (report.twins.repeated != 0) {
    std::cout << fmt::format(
        "  {} samples repeat another; equal ones were kept on one side (a plain split would have "
        "given away {} of {} hidden samples)\n",
        report.twins.repeated, report.leaked_by_plain_split, report.hidden_rows);
  }
  std::cout << fmt::format("  {}\n  state title, licence and citation there before you publish\n",
                           report.manifest.string());
}

void add_import_options(CLI::App& command, DatasetOptions& options) {
  ImportOptions& how = options.import;
  command.add_option("name", options.name, "What to call it")->required();
  CLI::Option* csv =
      command.add_option("--csv", how.csv, "One file of rows")->check(CLI::ExistingFile);
  command
      .add_option("--label", how.label,
                  "The label's column, by name or 0-based number (default: the last)")
      ->needs(csv);
  command
      .add_option("--delimiter", options.delimiter,
                  "One character, or 'tab' (default: the likeliest)")
      ->needs(csv)
      ->check([](const std::string& text) {
        return text.size() == 1 || text == "tab" ? "" : "one character, or 'tab', was expected";
      });
  CLI::Option* header =
      command
          .add_flag_callback(
              "--header", [&how] { how.header = true; }, "The first line names the columns")
          ->needs(csv);
  command
      .add_flag_callback(
          "--no-header", [&how] { how.header = false; },
          "The first line is a sample, though it looks like names")
      ->needs(csv)
      ->excludes(header);
  command
      .add_flag("--label-numbers,--numbers", how.label_is_number,
                "The label is a number to be predicted, by rmse or mae, and no class")
      ->needs(csv);
  CLI::Option* inputs =
      command.add_option("--inputs", how.inputs, "Samples, as .npy or idx, also .gz")
          ->check(CLI::ExistingFile)
          ->excludes(csv);
  CLI::Option* labels = command.add_option("--labels", how.labels, "Their classes, likewise")
                            ->check(CLI::ExistingFile)
                            ->needs(inputs);
  inputs->needs(labels);
  CLI::Option* rows =
      command.add_option("--rows", how.rows_file, "Your own hidden rows: 0-based, one a line")
          ->check(CLI::ExistingFile);
  command.add_option("--hidden", how.hidden_fraction, "Share of each class to hide")
      ->check(CLI::Range(0.001, 0.999))
      ->excludes(rows)
      ->capture_default_str();
  command.add_option("--seed", how.seed, "Of the draw")->excludes(rows)->capture_default_str();
  command.add_option("--title", how.title, "For people");
  command.add_option("--licence", how.licence, "Who may use it how")->capture_default_str();
  command.add_option("--citation", how.citation, "Whom to cite")->capture_default_str();
}

}  // namespace

void add_dataset_command(CLI::App& app) {
  auto options = std::make_shared<DatasetOptions>();
  CLI::App* command =
      app.add_subcommand("dataset", "List, fetch, verify, import and export datasets");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* text) {
    CLI::App* sub = command->add_subcommand(name, text);
    sub->add_option("--datasets", options->datasets,
                    "Folder of datasets (default: $XDG_DATA_HOME/joulebench/datasets)");
    return sub;
  };
  const auto add_format = [&](CLI::App* sub) {
    sub->add_option("--format", options->format, "How to print the result")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
  };

  CLI::App* list_command =
      add("list", "All datasets that are known, and whether their files are here");
  add_format(list_command);
  list_command->callback([options] { list(*options); });

  CLI::App* fetch_command = add("fetch", "Bring a dataset's files here and check their digests");
  fetch_command->add_option("name", options->name, "Which dataset")->required();
  fetch_command->add_option(
      "--from", options->from,
      "Folder or address that has the original files (default: the manifest's "
      "addresses)");
  fetch_command
      ->add_option("--patience-s", options->patience_s,
                   "Seconds without a byte after which a server is given up")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  fetch_command->add_flag("--quiet", options->quiet, "No progress on stderr");
  add_format(fetch_command);
  fetch_command->callback([options] { fetch(*options); });

  CLI::App* verify_command =
      add("verify", "Check the digests of one dataset, or of all that are here");
  verify_command->add_option("name", options->name, "Which dataset");
  add_format(verify_command);
  verify_command->callback([options] { verify(*options); });

  CLI::App* export_command =
      add("export", "Write the public part as inputs.npy and labels.npy, to train with");
  export_command->add_option("name", options->name, "Which dataset")->required();
  export_command->add_option("folder", options->folder, "Where to write it")->required();
  add_format(export_command);
  export_command->callback([options] { export_public(*options); });

  CLI::App* import_command = add("import", "Make a dataset of your own CSV, .npy or idx files");
  add_import_options(*import_command, *options);
  add_format(import_command);
  import_command->callback([options] { import(*options); });
}

}  // namespace joulebench
