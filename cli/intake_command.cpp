#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/competition_change.h"
#include "campaign/intake.h"
#include "campaign/node_lock.h"
#include "campaign/receipt.h"
#include "campaign/watch.h"
#include "cli/block_line.h"
#include "cli/board_publication.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct IntakeOptions : RunOptions {
  fs::path competition;
  fs::path database;
  fs::path inbox;
  double settle_s = 2;
  double signature_wait_s = 60;
  bool without_trial = false;
  bool waits = false;  // for a measurement on this machine
  bool accept_changes = false;
  bool watches = false;
  fs::path site;
  double period_s = 5;
};

/// Whether an evaluation of ours has the machine: a trial between its blocks needs no lock.
struct Machine {
  bool is_ours = false;
};

/// The board has to know the competition by whose dates it is decided.
void put_competition(Store& store, const Competition& competition, const IntakeOptions& options,
                     const Clock& clock) {
  const auto known = store.competition_ids();
  if (!options.accept_changes &&
      std::find(known.begin(), known.end(), competition.id) != known.end()) {
    require_unchanged(store.competition(competition.id), competition);
  }
  store.put_competition(competition, clock.now_utc());
}

std::string line_of(const IntakeDecision& decision) {
  if (decision.accepted && decision.kind == UploadKind::entry) {
    return fmt::format("{}: accepted, {} of {}, place {} in the queue", decision.upload,
                       printable(decision.name, 64),
                       decision.team.empty() ? "no team" : "team " + decision.team,
                       decision.queue_place);
  }
  if (decision.accepted) {
    return fmt::format("{}: {} of team {} {}", decision.upload, printable(decision.name, 64),
                       decision.team,
                       decision.kind == UploadKind::select ? "selected" : "withdrawn");
  }
  return fmt::format("{}: not accepted: {}", decision.upload,
                     decision.reason.substr(0, decision.reason.find('\n')));
}

void print_pass(const IntakeOptions& options, const IntakePass& pass,
                const nlohmann::json& receipts) {
  for (const std::string& note : pass.notes) std::cerr << "joulebench: " << note << "\n";
  for (const std::string& problem : pass.problems) {
    std::cerr << "joulebench: " << problem << "; it is looked at again\n";
  }
  if (options.as_json()) {
    const nlohmann::json result = {{"format", "joulebench-intake/1"}, {"accepted", pass.accepted},
                                   {"refused", pass.refused},         {"known", pass.known},
                                   {"waiting", pass.waiting},         {"left_alone", pass.notes},
                                   {"problems", pass.problems},       {"receipts", receipts}};
    print_json(result);
    return;
  }
  std::cout << fmt::format("{} accepted, {} not accepted, {} decided before, {} still arriving\n",
                           pass.accepted, pass.refused, pass.known, pass.waiting);
}

/// Tries entries while nobody measures: it would spoil that.
EntryTrial trial_between_measurements(const Competition& competition, const IntakeOptions& options,
                                      const MeasuringOptions& measuring, const Clock& clock,
                                      const Machine& machine) {
  if (options.without_trial) return {};
  return [&, trial = sandbox_trial(competition, measuring)](const Submission& entry,
                                                            const Track& track) {
    if (machine.is_ours) return trial(entry, track);
    const NodeLock lock("intake " + competition.id, clock.now_utc(), NodeLock::default_file(),
                        {.wanted = options.waits,
                         .on_wait =
                             [](const std::string& owner) {
                               std::cerr << "joulebench: waiting for another measurement: " << owner
                                         << "\n";
                             },
                         .stopped = measuring.stopped});
    return trial(entry, track);
  };
}

void print_decision(const IntakeOptions& options, const IntakeDecision& decision) {
  if (options.as_json()) {
    std::cout << nlohmann::json::parse(receipt_json(decision)).dump() << std::endl;
  } else {
    std::cout << line_of(decision) << std::endl;  // a log file shall have it at once
  }
}

EvaluationObserver observer_of() {
  EvaluationObserver observer;
  observer.on_wait = [](const std::string& owner) {
    std::cerr << "joulebench: waiting for another measurement: " << owner << std::endl;
  };
  observer.after_block = [](const EntryRun& run) {
    const RunRecord& record = run.record();
    std::cerr << (record.blocks.empty()
                      ? printable(record.entry.name, 80) + ": " + printable(record.message, 300)
                      : block_line(record))
              << std::endl;
  };
  return observer;
}

/// Goes on until it is stopped.
void keep_up(const IntakeOptions& options, const Competition& competition, Intake& intake,
             Store& store, SystemClock& clock, Machine& machine) {
  const BoardOptions site{.database = options.database, .folder = options.site};
  watch({.intake = intake,
         .store = store,
         .clock = clock,
         .request = {.competition = competition,
                     .database = options.database,
                     .from_queue = true,
                     .waits = true,
                     .accept_changes = options.accept_changes,
                     .measuring = options.measuring(competition, true, [](const std::string&) {}),
                     .scorer = scorer_callbacks()},
         .observer = observer_of(),
         .period = Seconds(options.period_s),
         .publish =
             [&] {
               const auto tracks = store.tracks_with_runs(competition.id);
               if (!options.site.empty() && !tracks.empty()) write_site(site);
             },
         .on_evaluation = [&](bool begins) { machine.is_ours = begins; },
         .on_decision = [&](const IntakeDecision& decision) { print_decision(options, decision); },
         .on_problem =
             [](const std::string& problem) {
               std::cerr << "joulebench: " << printable(problem, 4000) << std::endl;
             }});
}

void take_in(const IntakeOptions& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  catch_interruptions();
  SystemClock clock;
  Store store(options.database);
  put_competition(store, competition, options, clock);
  const MeasuringOptions measuring =
      options.measuring(competition, false, [](const std::string&) {});
  Machine machine;
  Intake intake(
      {.competition = competition,
       .database = options.database,
       .inbox = options.inbox,
       .clock = clock,
       .trial = trial_between_measurements(competition, options, measuring, clock, machine),
       .settle = Seconds(options.settle_s),
       .signature_wait = Seconds(options.signature_wait_s),
       .stopped = measuring.stopped},
      store);
  if (options.watches) {
    keep_up(options, competition, intake, store, clock, machine);
    return;
  }
  nlohmann::json receipts = nlohmann::json::array();
  const IntakePass pass = intake.pass([&](const IntakeDecision& decision) {
    if (options.as_json()) {
      receipts.push_back(nlohmann::json::parse(receipt_json(decision)));
    } else {
      print_decision(options, decision);
    }
  });
  print_pass(options, pass, receipts);
  if (!pass.problems.empty()) throw CLI::RuntimeError(2);
  if (pass.refused > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void add_intake_command(CLI::App& app) {
  auto options = std::make_shared<IntakeOptions>();
  CLI::App* command = app.add_subcommand(
      "intake",
      "Take in the archives of a folder: signature, dates, quota, protocol; a receipt each");
  command->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("inbox", options->inbox, "Folder that teams upload to; theirs may lie in it")
      ->required()
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--db", options->database,
                   "The board's database; made if it is not there. Archives are kept beside it, in "
                   "NAME.archives/")
      ->required();
  command
      ->add_option("--settle-s", options->settle_s,
                   "Seconds without a change before a file is read")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--signature-wait-s", options->signature_wait_s,
                   "Seconds that a signature may come after its archive")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  command->add_flag("--no-trial", options->without_trial,
                    "Do not build and try entries in the sandbox: evaluate finds what is wrong");
  command->add_flag("--wait", options->waits,
                    "Wait for a measurement on this machine before an entry is tried");
  command->add_flag("--accept-changes", options->accept_changes,
                    "Take over a competition file that differs from the board's");
  command->add_flag("--watch", options->watches,
                    "Go on: take in, evaluate what was accepted, publish, until it is stopped");
  command->add_option("--site", options->site,
                      "With --watch: folder of public pages, written when something changed");
  command->add_option("--period-s", options->period_s, "With --watch: seconds between two looks")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  options->add_to(*command);
  command->footer(
      "Beside each upload: NAME.receipt.txt and NAME.receipt.json. Nothing is decided twice, also "
      "after\n"
      "a crash; joulebench evaluate takes what was accepted.\n"
      "With --watch it may be killed at any time; the same command resumes.\n"
      "Exit status: 0 all accepted, 1 some were not, 2 some could not be looked at, 130 stopped.\n"
      "Example: joulebench intake competition.json --db board.db /srv/uploads");
  command->callback([options] {
    enter_systemd_scope();
    take_in(*options);
  });
}

}  // namespace joulebench
