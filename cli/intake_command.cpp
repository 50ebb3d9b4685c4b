#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

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
#include "cli/progress.h"
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

/// The machine's lock, held while at least one of our trials runs.
class SharedLock {
 public:
  SharedLock(std::string what, const Clock& clock, LockWait wait)
      : what_(std::move(what)), clock_(clock), wait_(std::move(wait)) {}
  std::shared_ptr<NodeLock> hold() {
    const std::lock_guard guard(mutex_);
    std::shared_ptr<NodeLock> lock = held_.lock();
    if (!lock) {
      lock = std::make_shared<NodeLock>(what_, clock_.now_utc(), NodeLock::default_file(), wait_);
      held_ = lock;
    }
    return lock;
  }

 private:
  std::string what_;
  const Clock& clock_;
  LockWait wait_;
  std::mutex mutex_;
  std::weak_ptr<NodeLock> held_;
};

/// Tries entries while nobody measures: it would spoil that.
EntryTrial trial_between_measurements(const Competition& competition, const IntakeOptions& options,
                                      const MeasuringOptions& measuring, const Clock& clock,
                                      const Machine& machine) {
  if (options.without_trial) return {};
  const LockWait wait{.wanted = options.waits,
                      .on_wait =
                          [](const std::string& owner) {
                            std::cerr << "joulebench: waiting for another measurement: " << owner
                                      << std::endl;
                          },
                      .stopped = measuring.stopped};
  return
      [&machine, lock = std::make_shared<SharedLock>("intake " + competition.id, clock, wait),
       trial = sandbox_trial(competition, measuring)](const Submission& entry, const Track& track) {
        if (machine.is_ours) return trial(entry, track);
        const std::shared_ptr<NodeLock> held = lock->hold();
        return trial(entry, track);
      };
}

/// Trials mostly wait for their programs.
unsigned trials_at_once() {
  return std::clamp(2 * std::thread::hardware_concurrency(), 1u, 8u);
}

void print_decision(const IntakeOptions& options, const IntakeDecision& decision) {
  if (options.as_json()) {
    std::cout << nlohmann::json::parse(receipt_json(decision)).dump(-1, ' ', true) << std::endl;
  } else {
    std::cout << line_of(decision) << std::endl;  // a log file shall have it at once
  }
}

/// `progress` must outlive the observer.
EvaluationObserver observer_on(Progress& progress) {
  EvaluationObserver observer;
  observer.on_wait = [&progress](const std::string& owner) {
    progress.line("waiting for another measurement on this machine: " + owner);
  };
  observer.before_block = [&progress](const EntryRun& run, const EvaluationState& state) {
    progress.stand(fmt::format("{} · entry {} of {} · {} of {} blocks done",
                               printable(run.record().entry.name, 40), state.entry, state.entries,
                               state.blocks - state.left, state.blocks),
                   state.time_left);
  };
  observer.after_block = [&progress](const EntryRun& run) {
    const RunRecord& record = run.record();
    if (!record.blocks.empty()) progress.power(watts_of(record.blocks.back()));
    progress.line(record.blocks.empty()
                      ? printable(record.entry.name, 80) + ": " + printable(record.message, 300)
                      : block_line(record));
  };
  return observer;
}

/// Goes on until it is stopped.
void keep_up(const IntakeOptions& options, const Competition& competition, Intake& intake,
             Store& store, SystemClock& clock, Machine& machine) {
  const BoardOptions site{.database = options.database, .folder = options.site};
  Progress progress(options.quiet, options.log);
  watch({.intake = intake,
         .store = store,
         .clock = clock,
         .request = {.competition = competition,
                     .database = options.database,
                     .from_queue = true,
                     .waits = true,
                     .accept_changes = options.accept_changes,
                     .measuring = options.measuring(
                         competition, true,
                         [&progress](const std::string& phase) { progress.phase(phase); }),
                     .scorer = scorer_callbacks()},
         .observer = observer_on(progress),
         .period = Seconds(options.period_s),
         .publish =
             [&] {
               const auto tracks = store.tracks_with_runs(competition.id);
               if (!options.site.empty() && !tracks.empty()) write_site(site);
             },
         .on_evaluation =
             [&](bool begins) {
               machine.is_ours = begins;
               if (!begins) progress.stand("", std::nullopt);
             },
         .on_decision =
             [&](const IntakeDecision& decision) {
               progress.wipe();
               print_decision(options, decision);
             },
         .on_problem =
             [&progress](const std::string& problem) {
               progress.wipe();
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
       .trials_at_once = trials_at_once(),
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
  options->add_log_to(*command);
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
