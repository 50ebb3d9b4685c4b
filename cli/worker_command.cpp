#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/session_job.h"
#include "campaign/worker.h"
#include "cli/block_line.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/progress.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"

namespace joulebench {
namespace {

struct WorkerOptions {
  WorkerRequest request;
  std::string format = "text";
  double wait_s = 0;
  bool quiet = false;
};

CampaignEvents events_on(Progress& progress) {
  return {.before_block =
              [&progress](EntryRun& run) {
                const RunRecord& record = run.record();
                progress.stand(
                    fmt::format("{} · {} of {} blocks are valid", printable(record.entry.name, 40),
                                record.valid_blocks(), record.track.protocol.blocks),
                    run.time_left());
              },
          .after_block =
              [&progress](EntryRun& run) {
                const RunRecord& record = run.record();
                const std::string name = printable(record.entry.name, 80);
                if (run.problem()) {
                  progress.line(name + ": " + printable(run.problem()->what(), 2000));
                } else if (record.blocks.empty()) {
                  progress.line(fmt::format("{}: {}: {}", name, to_string(record.outcome),
                                            printable(record.message, 300)));
                } else {
                  progress.line(block_line(record));
                }
              },
          .on_note =
              [&progress](EntryRun& run, const std::string& note) {
                progress.line(printable(run.record().entry.name, 80) + ": " + note);
              }};
}

nlohmann::json result_of(const WorkerRequest& request, WorkerEnd end) {
  int number = 0;
  const JobFolder folder = JobFolder::of_session(request.session, number);
  nlohmann::json runs = nlohmann::json::array();
  const FinishedSession finished = folder.finished(number).value();
  for (const FinishedSession::Run& run : finished.runs) {
    runs.push_back({{"entry_id", run.entry_id},
                    {"record", (folder.records_of(finished.node) / run.record).string()},
                    {"is_done", run.is_done}});
  }
  return {{"format", "joulebench-worker/1"},
          {"session", number},
          {"node", finished.node},
          {"at_utc", finished.at_utc},
          {"ran", end == WorkerEnd::finished},
          {"runs", runs}};
}

void run_worker(WorkerOptions& options) {
  catch_interruptions();
  Progress progress(options.quiet);
  options.request.wait = Seconds(options.wait_s);
  options.request.stopped = is_stopping;
  options.request.on_phase = [&progress](const std::string& phase) { progress.phase(phase); };
  const WorkerEnd end = run_session(options.request, events_on(progress));
  if (options.format == "json") return print_json(result_of(options.request, end));
  progress.line(end == WorkerEnd::finished ? "the session is finished"
                                           : "the session was finished before; nothing was run");
}

}  // namespace

void add_worker_command(CLI::App& app) {
  auto options = std::make_shared<WorkerOptions>();
  WorkerRequest& request = options->request;
  CLI::App* command = app.add_subcommand(
      "worker", "Run one planned session of a campaign on this machine, for evaluate --executor");
  command
      ->add_option("session", request.session,
                   "Folder of the session, as evaluate --executor slurm or folder made it")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--node", request.node,
                      "Name of this machine on the board (default: Slurm's, else the host name)");
  command->add_option("--datasets", request.datasets, "Folder to look for datasets in first")
      ->check(CLI::ExistingDirectory);
  command->add_option(
      "--environments", request.environments,
      "Store of environments on this machine, made where it is not there; what it lacks "
      "is copied from the one that evaluate said (default: that one)");
  command
      ->add_option("--scratch", request.scratch,
                   "Folder for inputs and staged entries (default: /dev/shm)")
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--wait", options->wait_s,
                   "Seconds to wait at most while another measurement runs on this machine")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--format", options->format, "text or json, of what was finished")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "No progress on stderr");
  command->footer(
      "A call that is killed is resumed by the next one. Exit status: 0 the session is finished, 2 "
      "this machine\ncannot run it (the session's folder says why), 130 interrupted.\n"
      "Example: joulebench worker board.jobs/digits-0123456789ab/session-2");
  command->callback([options] {
    // Slurm gave us a control group, by which it counts and ends what is ours.
    if (std::getenv("SLURM_JOB_ID") == nullptr) enter_systemd_scope();
    if (options->request.node.empty()) options->request.node = default_node_name();
    run_worker(*options);
  });
}

}  // namespace joulebench
