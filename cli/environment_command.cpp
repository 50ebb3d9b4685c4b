#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/label_search.h"
#include "campaign/measuring.h"
#include "cli/commands.h"
#include "cli/environment_shell.h"
#include "cli/json_output.h"
#include "cli/size_text.h"
#include "core/shipped_files.h"
#include "core/text.h"
#include "environments/build_environment.h"
#include "environments/environment.h"
#include "harness/sandbox/systemd_scope.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct EnvironmentOptions {
  fs::path folder;
  std::string format = "text";
  std::string name;
  fs::path file;
  std::vector<std::string> command;
  bool drop_set_id_bits = false;
  fs::path datasets;

  EnvironmentStore store() const {
    return EnvironmentStore(folder.empty() ? EnvironmentStore::default_folder() : folder);
  }
  bool as_json() const { return format == "json"; }
};

nlohmann::json to_json(const Environment& environment) {
  nlohmann::json packages = nlohmann::json::array();
  for (const Package& package : environment.packages) {
    packages.push_back({{"name", package.name}, {"version", package.version}});
  }
  return {{"format", "joulebench-environment-image/1"},
          {"name", environment.name},
          {"sha256", environment.sha256},
          {"source", environment.source},
          {"files", environment.files},
          {"folders", environment.folders},
          {"links", environment.links},
          {"bytes", environment.bytes},
          {"packages", packages},
          {"root", environment.root.string()}};
}

void print(const EnvironmentOptions& options, const nlohmann::json& json) {
  if (options.as_json()) print_json(json);
}

void list(const EnvironmentOptions& options) {
  const std::vector<Environment> all = options.store().list();
  nlohmann::json environments = nlohmann::json::array();
  for (const Environment& one : all) environments.push_back(to_json(one));
  print(options, {{"format", "joulebench-environments/1"}, {"environments", environments}});
  if (options.as_json()) return;
  if (all.empty()) {
    std::cout << "no environment is on this machine\n";
    return;
  }
  std::size_t width = 4;
  for (const Environment& one : all) width = std::max(width, one.name.size());
  for (const Environment& one : all) {
    std::cout << fmt::format("{:<{}}  {}  {:>10}  {:>4} packages  {}\n", one.name, width,
                             one.sha256.substr(0, 12), megabytes(one.bytes), one.packages.size(),
                             printable(one.source, 60));
  }
}

void print_summary(const Environment& environment) {
  std::cout << fmt::format("{}  {}\n", environment.name, environment.sha256)
            << fmt::format("  from      {}\n", printable(environment.source, 200))
            << fmt::format("  files     {}, {} folders, {} links, {}\n", environment.files,
                           environment.folders, environment.links, megabytes(environment.bytes))
            << fmt::format("  packages  {}\n", environment.packages.size());
}

void show(const EnvironmentOptions& options) {
  const Environment environment = options.store().open(options.name);
  print(options, to_json(environment));
  if (options.as_json()) return;
  print_summary(environment);
  for (const Package& package : environment.packages) {
    std::cout << fmt::format("    {} {}\n", printable(package.name, 100),
                             printable(package.version, 100));
  }
}

/// Of an environment that is new here, with what it gives away of datasets.
void print_new(const EnvironmentOptions& options, const Environment& environment) {
  nlohmann::json json = to_json(environment);
  std::string words = "not looked for: JOULEBENCH_LABEL_SEARCH=off\n";
  if (!is_label_search_off()) {
    const LabelsInside labels =
        find_labels_inside({.roots = {environment.root}, .environment = environment.sha256},
                           dataset_locations(options.datasets, {}));
    json["labels"] = {{"datasets", labels.datasets}, {"files", labels.files}};
    words = labels.files.empty()
                ? fmt::format("none in it, of {}\n",
                              labels.datasets.empty()
                                  ? "no dataset on this machine"
                                  : fmt::format("{}", fmt::join(labels.datasets, ", ")))
                : "these files give some away; no entry will see them\n";
    for (const std::string& file : labels.files) words += "            " + file + "\n";
  }
  print(options, json);
  if (options.as_json()) return;
  print_summary(environment);
  std::cout << "  labels    " << words;
}

void import_one(const EnvironmentOptions& options) {
  print_new(options,
            options.store().import(options.name, options.file,
                                   {.limits = {}, .drop_set_id_bits = options.drop_set_id_bits}));
}

void build(const EnvironmentOptions& options) {
  const bool is_file =
      options.name.find('/') != std::string::npos || options.name.ends_with(".json");
  const fs::path file = is_file
                            ? fs::path(options.name)
                            : shipped_files() / "environments" / options.name / "environment.json";
  EnvironmentStore store = options.store();
  print_new(options, build_environment(read_environment_definition(file), store));
}

void verify(const EnvironmentOptions& options) {
  const EnvironmentStore store = options.store();
  const Environment environment = store.open(options.name);
  const std::vector<std::string> differences = store.verify(environment);
  print(options, {{"format", "joulebench-environment-verify/1"},
                  {"name", environment.name},
                  {"sha256", environment.sha256},
                  {"differences", differences}});
  if (!options.as_json()) {
    std::cout << fmt::format("{}: {}\n", environment.name,
                             differences.empty() ? "good" : "not as it was imported");
    for (const std::string& difference : differences) std::cout << "  " << difference << "\n";
  }
  if (!differences.empty()) throw CLI::RuntimeError(1);
}

void shell(const EnvironmentOptions& options) {
  const Environment environment = options.store().open(options.name);
  enter_systemd_scope();
  if (const int status = run_shell(environment, options.command); status != 0) {
    throw CLI::RuntimeError(status);
  }
}

void export_one(const EnvironmentOptions& options) {
  const Environment environment = options.store().open(options.name);
  export_image(environment, options.file);
  print(options, {{"format", "joulebench-environment-export/1"},
                  {"name", environment.name},
                  {"sha256", environment.sha256},
                  {"file", options.file.string()}});
  if (!options.as_json()) {
    std::cout << fmt::format("{}: podman load -i {}\n", environment.name, options.file.string());
  }
}

CLI::App* add(CLI::App& parent, const std::shared_ptr<EnvironmentOptions>& options,
              const char* name, const char* what, void (*call)(const EnvironmentOptions&)) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->add_option("--environments", options->folder,
                      "Folder that keeps environments (default: JOULEBENCH_ENVIRONMENTS, else "
                      "/var/lib/joulebench/environments for root, ~/.local/share/joulebench/"
                      "environments for others)");
  command->add_option("--format", options->format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([options, call] { call(*options); });
  return command;
}

void add_name(CLI::App& command, EnvironmentOptions& options) {
  command.add_option("name", options.name, "Its name, or the first digits of its digest")
      ->required();
}

}  // namespace

void add_environment_command(CLI::App& app) {
  auto options = std::make_shared<EnvironmentOptions>();
  CLI::App* command = app.add_subcommand(
      "environment", "The root file systems that entries run in: import, look at, check, export");
  command->require_subcommand(1);
  add(*command, options, "list", "Environments on this machine", list);
  add_name(*add(*command, options, "show", "Digest, size and packages of one", show), *options);
  CLI::App* import = add(*command, options, "import",
                         "Take an image: an OCI archive, one of `docker save`, or a tar archive of "
                         "a root file system",
                         import_one);
  import->add_option("name", options->name, "What to call it here")->required();
  import->add_option("image", options->file, "The archive")->required()->check(CLI::ExistingFile);
  import->add_flag("--drop-set-id-bits", options->drop_set_id_bits,
                   "Take set-uid and set-gid files, without those bits");
  CLI::App* made =
      add(*command, options, "build", "Make one of Debian packages by mmdebstrap", build);
  made->add_option("definition", options->name,
                   "python, native or torch, or an environment.json of yours")
      ->required();
  for (CLI::App* added : {import, made}) {
    added->add_option(
        "--datasets", options->datasets,
        "Folder of datasets whose labels are looked for inside, before the usual ones");
  }
  add_name(*add(*command, options, "verify", "Compare every file with the digest", verify),
           *options);
  CLI::App* looked = add(*command, options, "shell",
                         "Look around inside, as an entry would: the same sandbox", shell);
  add_name(*looked, *options);
  looked->add_option("command", options->command, "What to run in place of a shell, behind --");
  looked->footer("Example: joulebench environment shell python -- python3 -c 'import numpy'");
  CLI::App* exported =
      add(*command, options, "export", "Write an OCI archive for podman and docker", export_one);
  add_name(*exported, *options);
  exported->add_option("file", options->file, "The archive to write")->required();
  add_name(*add(*command, options, "remove",
                "Take a name away, and its files when no other name "
                "stands for them",
                [](const EnvironmentOptions& o) { o.store().remove(o.name); }),
           *options);
  command->footer(
      "Exit status: 0 done, 1 a check found something, 2 we cannot go on.\n"
      "Example: joulebench environment build python");
}

}  // namespace joulebench
