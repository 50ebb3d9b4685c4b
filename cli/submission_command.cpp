#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/entry_environment.h"
#include "campaign/entry_trial.h"
#include "campaign/failure_advice.h"
#include "campaign/participants.h"
#include "cli/colour.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/submission_request.h"
#include "core/error.h"
#include "core/shipped_files.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "scoring/ranking.h"
#include "submissions/archive.h"
#include "submissions/signed_entry.h"
#include "submissions/template.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct EntryCheckOptions {
  fs::path submission;
  fs::path competition;
  std::string track;
  RunOptions run;
};

/// What was found on one track.
struct TrackFinding : TrialFinding {
  std::string track;
  std::vector<std::string> advice;  // on a failure
};

nlohmann::json to_json(const TrackFinding& finding) {
  const Conformance& found = finding.found;
  nlohmann::json result = {
      {"track", finding.track}, {"passed", found.passed}, {"outcome", to_string(found.outcome)}};
  if (finding.environment) {
    result["environment"] = {{"name", finding.environment->name},
                             {"sha256", finding.environment->sha256}};
  }
  if (found.outcome == Outcome::valid) return result;
  result["failed"] = found.failed;
  result["message"] = found.message;
  result["log_tail"] = found.log_tail;
  result["advice"] = finding.advice;
  if (found.line > 0) result["line"] = found.line;
  return result;
}

/// The first track that failed, else the first, stands at the top as well.
nlohmann::json to_json(const std::vector<TrackFinding>& findings, const std::string& name) {
  const auto failed = std::find_if(findings.begin(), findings.end(), [](const TrackFinding& one) {
    return one.found.outcome != Outcome::valid;
  });
  nlohmann::json result = to_json(failed == findings.end() ? findings.front() : *failed);
  result["format"] = "joulebench-check/1";
  result["entry"] = name;
  for (const TrackFinding& one : findings) result["tracks"].push_back(to_json(one));
  return result;
}

void print(const TrackFinding& finding) {
  const Conformance& found = finding.found;
  if (finding.environment) {
    std::cout << fmt::format("  runs in {} {}\n", finding.environment->name,
                             finding.environment->sha256.substr(0, 12));
  }
  for (const std::string& step : found.passed)
    std::cout << "  " << marked(Mark::good, "ok") << "    " << step << "\n";
  if (found.outcome == Outcome::valid) return;
  std::cout << fmt::format("  {}  {}\n        {}: {}\n", marked(Mark::bad, "FAIL"), found.failed,
                           to_string(found.outcome), printable(found.message, 2000));
  if (found.line > 0) std::cout << fmt::format("        line {} of its stdout\n", found.line);
  for (const std::string& one : finding.advice) std::cout << "        " << one << "\n";
  if (!found.log_tail.empty()) {
    std::cout << "        the last lines of its log:\n"
              << indented(printable(found.log_tail, 8000), "        | ");
  }
}

void check(const EntryCheckOptions& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  const Submission submission = open_submission(options.submission);
  const std::vector<const Track*> tracks = tracks_for(competition, submission, options.track);
  for (const std::string& note : misspelt_tracks(competition, submission)) {
    std::cerr << "joulebench: " << printable(note, 1000) << "\n";
  }
  catch_interruptions();
  std::vector<TrackFinding> findings;
  {
    Progress progress(options.run.quiet);
    progress.stand(printable(submission.name, 80), std::nullopt);
    const MeasuringOptions measuring = options.run.measuring(
        competition, false, [&progress](const std::string& phase) { progress.phase(phase); });
    for (const Track* track : tracks) {
      TrackFinding finding{
          {try_entry(competition, measuring, submission, *track,
                     TrialSearch::where_labels_are_secret, options.run.environment)},
          track->id,
          {}};
      finding.advice = advice_on({.outcome = finding.found.outcome,
                                  .message = finding.found.message,
                                  .log_tail = finding.found.log_tail,
                                  .folder = submission.folder},
                                 *track);
      findings.push_back(std::move(finding));
    }
  }
  if (options.run.as_json()) {
    print_json(to_json(findings, submission.name));
  } else {
    std::cout << printable(submission.name, 80) << "\n";
    for (const TrackFinding& finding : findings) {
      if (findings.size() > 1) std::cout << "  track " << finding.track << "\n";
      print(finding);
    }
  }
  for (const TrackFinding& finding : findings) {
    if (finding.found.outcome != Outcome::valid) throw CLI::RuntimeError(1);
  }
}

void add_check(CLI::App& app) {
  auto options = std::make_shared<EntryCheckOptions>();
  CLI::App* command = app.add_subcommand(
      "check", "Try an entry's every step of the protocol; name the first that breaks it");
  command->add_option("entry", options->submission, "Folder that holds submission.json, or archive")
      ->required()
      ->check(CLI::ExistingPath);
  command
      ->add_option("--competition", options->competition,
                   "Whose dataset and limits to try it under (default: the competition.json of "
                   "this folder, else the digits competition)")
      ->check(CLI::ExistingFile);
  command->add_option("--track", options->track,
                      "Track of the competition (default: each that the entry names, else the "
                      "first)");
  options->run.add_environment_to(*command);
  command->add_option("--datasets", options->run.datasets, "Folder to look for datasets in first")
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--scratch", options->run.scratch,
                   "Folder for inputs and the staged entry (default: /dev/shm)")
      ->check(CLI::ExistingDirectory);
  command->add_option("--format", options->run.format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--quiet", options->run.quiet, "No progress on stderr");
  command->footer("Exit status: 0 all passed, 1 a step failed, 2 we cannot go on.");
  command->callback([options] {
    enter_systemd_scope();
    if (options->competition.empty()) {
      options->competition =
          competition_here().value_or(shipped_files() / "competitions/digits/competition.json");
    }
    check(*options);
  });
}

void add_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

struct SubmissionInitOptions {
  fs::path folder;
  std::string environment;
  fs::path competition;
  std::string track;
  std::string format = "text";
};

TemplateKind template_of(const Track& track) {
  if (track.task == Task::train) return TemplateKind::training;
  return track.metric.predictions == PredictionKind::numbers ? TemplateKind::regression
                                                             : TemplateKind::classes;
}

/// What suits the track that was named, else the competition's first; it enters the tracks that it
/// suits.
TemplateOptions template_for(const SubmissionInitOptions& options) {
  TemplateOptions wanted{.environment = options.environment};
  const std::optional<fs::path> file = options.competition.empty()
                                           ? competition_here()
                                           : std::optional<fs::path>(options.competition);
  if (!file) {
    if (options.track.empty()) return wanted;
    throw Error({.what = "no competition was named",
                 .where = "--track " + options.track + " is of none, and there is no " +
                          "competition.json in this folder",
                 .hint = "--competition FILE"});
  }
  const Competition competition = read_competition(*file);
  const Track& track =
      options.track.empty() ? competition.tracks.front() : competition.track(options.track);
  wanted.kind = template_of(track);
  for (const Track& one : competition.tracks) {
    if (template_of(one) == wanted.kind) wanted.tracks.push_back(one.id);
  }
  if (wanted.tracks.size() == competition.tracks.size()) wanted.tracks.clear();
  return wanted;
}

void init_submission(const SubmissionInitOptions& options) {
  const TemplateOptions wanted = template_for(options);
  const std::vector<std::string> files = write_template(options.folder, wanted);
  if (options.format == "json") {
    print_json(nlohmann::ordered_json{{"format", "joulebench-submission-init/1"},
                                      {"folder", options.folder.string()},
                                      {"tracks", wanted.tracks},
                                      {"files", files}});
  } else {
    for (const std::string& file : files) std::cout << (options.folder / file).string() << "\n";
  }
  const std::string& environment = options.environment;
  const EnvironmentStore store(EnvironmentStore::default_folder());
  if (environment.empty() || environment == kHostEnvironment || store.contains(environment)) return;
  std::cerr << fmt::format("joulebench: '{}' is not on this machine yet: {}\n",
                           printable(environment, 100), how_to_get(environment));
}

void add_init(CLI::App& app) {
  auto options = std::make_shared<SubmissionInitOptions>();
  CLI::App* command =
      app.add_subcommand("init", "Write a small entry that works, in Python, to start from");
  command->add_option("folder", options->folder, "Folder to make; its name becomes the entry's")
      ->required();
  command->add_option("--environment", options->environment,
                      "Environment that it runs in (default: the competition's first)");
  command
      ->add_option("--competition", options->competition,
                   "What it is for: classes, numbers or a training (default: the "
                   "competition.json of this folder)")
      ->check(CLI::ExistingFile);
  command->add_option("--track", options->track,
                      "Track of the competition that it is for (default: the first)");
  command->footer(
      "Example: joulebench submission init my-entry && joulebench submission check my-entry");
  add_format(*command, options->format);
  command->callback([options] { init_submission(*options); });
}

struct PackOptions {
  fs::path folder;
  fs::path archive;
  std::string format = "text";
  fs::path key;  // that signs it; empty: it is not signed
};

void add_pack(CLI::App& app) {
  auto options = std::make_shared<PackOptions>();
  CLI::App* command = app.add_subcommand("pack", "Pack an entry's folder into an archive");
  command->add_option("entry", options->folder, "Folder that holds submission.json")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--output", options->archive,
                      "Archive to write: .tar.gz, .tar.zst or .zip (default: FOLDER.tar.gz)");
  add_format(*command, options->format);
  command->add_option("--sign", options->key,
                      "Private key of OpenSSH, or a public one that ssh-agent holds: signs the "
                      "archive for the team of the manifest, in ARCHIVE.sig");
  command->footer(
      "The same files give the same bytes.\n"
      "Example: joulebench submission pack my-entry --sign ~/.ssh/id_ed25519");
  command->callback([options] {
    const Submission submission = read_submission(options->folder);  // or it could not be entered
    fs::path archive = options->archive;
    if (archive.empty()) {
      archive = fs::absolute(options->folder).lexically_normal();
      if (!archive.has_filename()) archive = archive.parent_path();
      archive = archive.filename().string() + ".tar.gz";
    }
    pack_archive(submission.folder, archive);
    fs::path signature;
    if (!options->key.empty()) signature = sign_archive(archive, submission.team, options->key);
    if (options->format == "json") {
      nlohmann::json result = {{"format", "joulebench-submission-pack/1"},
                               {"archive", archive.string()},
                               {"bytes", fs::file_size(archive)},
                               {"entry", submission.name},
                               {"entry_id", submission.id}};
      if (!signature.empty()) result["signature"] = signature.string();
      return print_json(result);
    }
    std::cout << fmt::format("{}  {} bytes, entry {}\n", archive.string(), fs::file_size(archive),
                             submission.id.substr(0, 12));
    if (signature.empty()) return;
    std::cout << fmt::format("{}  signed for team {}\n", signature.string(), submission.team);
  });
}

}  // namespace

void add_submission_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("submission", "Start, check and pack an entry");
  command->require_subcommand(1);
  add_init(*command);
  add_check(*command);
  add_pack(*command);
  add_requests(*command);
}

}  // namespace joulebench
