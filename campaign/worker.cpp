#include "campaign/worker.h"

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include "campaign/entry_environment.h"
#include "campaign/measuring.h"
#include "campaign/node_lock.h"
#include "campaign/session_job.h"
#include "core/error.h"
#include "core/text.h"
#include "harness/block/node_state.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kBetweenAttempts{1};

MeasuringOptions measuring_options(const WorkerRequest& request, const SessionJob& job) {
  return {.meters = job.meters,
          .datasets = request.datasets.empty() ? fs::path(job.datasets) : request.datasets,
          .competition_file = job.competition_file,
          .environments =
              request.environments.empty() ? fs::path(job.environments) : request.environments,
          .scratch = request.scratch,
          .node_name = request.node,
          .require_limits = true,
          .stopped = request.stopped,
          .on_phase = request.on_phase};
}

/// One session on this machine.
class Worker {
 public:
  Worker(const WorkerRequest& request, const JobFolder& folder, int number)
      : request_(request),
        folder_(folder),
        number_(number),
        job_(folder.job(number)),
        competition_(parse_competition(job_.competition_text,
                                       folder.session_folder(number) / "session.json")),
        measuring_(measuring_options(request, job_), competition_.track(job_.track)),
        executor_(measuring_.setting()),
        setting_(measuring_.run_setting(competition_, executor_)) {}

  void run(const CampaignEvents& events) {
    require_node();
    require_dataset();
    const fs::path records = folder_.records_of(request_.node);
    fs::create_directories(records);
    const NodeLock machine = lock(NodeLock::default_file());
    // Two machines that are told the same name would write into one another's records.
    const NodeLock name = lock(records / "lock");
    find_environments();
    open_runs(records);
    executor_.share_scratch_among(runs_.size());
    std::vector<EntryRun*> in_order;
    for (const auto& run : runs_) in_order.push_back(run.get());
    run_campaign(in_order, job_.order_seed, setting_.clock, events);
    finish();
  }

 private:
  void require_node() const {
    if (job_.node.empty() || job_.node == request_.node) return;
    throw Error({.what = "this session is planned for another machine",
                 .where = fmt::format("{}: for '{}', this is '{}'",
                                      folder_.session_folder(number_).string(),
                                      printable(job_.node, 200), request_.node),
                 .hint = "run it there, or with --node where this machine has that name"});
  }

  void require_dataset() const {
    if (setting_.dataset_sha256 == job_.dataset_sha256) return;
    throw Error({.what = "this machine has another version of the session's dataset",
                 .where = fmt::format("dataset '{}': SHA-256 {} here, {} planned",
                                      setting_.track.dataset, setting_.dataset_sha256.substr(0, 12),
                                      job_.dataset_sha256.substr(0, 12)),
                 .hint = "copy the dataset's folder here, or name it with --datasets"});
  }

  // Errors: that of NodeLock when the wait was in vain.
  NodeLock lock(const fs::path& file) const {
    Clock& clock = setting_.clock;
    const SteadyTime start = clock.now();
    for (;;) {
      try {
        return NodeLock(fmt::format("session {} of {}", number_, folder_.path().string()),
                        clock.now_utc(), file);
      } catch (const Error&) {
        if (clock.now() - start >= request_.wait) throw;
      }
      if (request_.stopped && request_.stopped()) throw Interrupted{};
      clock.sleep_until(clock.now() +
                        std::chrono::duration_cast<std::chrono::nanoseconds>(kBetweenAttempts));
    }
  }

  // The digest in a record shall be true: every file is read once before the first block.
  void find_environments() {
    EnvironmentStore store = measuring_.environments();
    const EnvironmentStore shared(job_.environments.empty() ? EnvironmentStore::default_folder()
                                                            : fs::path(job_.environments));
    std::vector<std::optional<EnvironmentIdentity>> places;
    std::set<std::string> checked;
    for (const SessionJob::Entry& entry : job_.entries) {
      places.push_back(entry.environment);
      if (!entry.environment || !checked.insert(entry.environment->sha256).second) continue;
      if (!store.contains(entry.environment->sha256) &&
          shared.contains(entry.environment->sha256)) {
        if (request_.on_phase) request_.on_phase("copies environment " + entry.environment->name);
        store.stage(shared, entry.environment->sha256);
      }
      require_intact(store, store.open(entry.environment->sha256));
    }
    setting_.masked = measuring_.mask_labels(places);
  }

  void open_runs(const fs::path& records) {
    for (const SessionJob::Entry& entry : job_.entries) {
      Submission submission = read_submission(folder_.entry_folder(entry.id));
      if (submission.id != entry.id) {
        throw Error({.what = "an entry is not the one that was planned",
                     .where = folder_.entry_folder(entry.id).string(),
                     .hint = "its files were altered: remove the folder, and evaluate copies it "
                             "anew"});
      }
      const fs::path record = records / run_folder_name(submission, setting_, entry.environment);
      runs_.push_back(std::make_unique<EntryRun>(std::move(submission), entry.is_baseline, setting_,
                                                 record, entry.environment));
    }
  }

  void finish() const {
    FinishedSession end{.node = request_.node, .at_utc = setting_.clock.now_utc(), .runs = {}};
    for (const auto& run : runs_) {
      end.runs.push_back({.entry_id = run->record().entry.id,
                          .record = run->folder().filename().string(),
                          .is_done = run->is_finished()});
    }
    folder_.finish(number_, end);
  }

  const WorkerRequest& request_;
  const JobFolder& folder_;
  int number_;
  SessionJob job_;
  Competition competition_;
  Measuring measuring_;
  LocalExecutor executor_;
  RunSetting setting_;
  std::vector<std::unique_ptr<EntryRun>> runs_;
};

}  // namespace

WorkerEnd run_session(const WorkerRequest& request, const CampaignEvents& events) {
  if (!is_node_name(request.node)) {
    throw Error({.what = "this machine needs a name that can be a folder's",
                 .where = "'" + request.node + "'",
                 .hint = "--node NAME: letters, digits, '-', '_' and '.'"});
  }
  int number = 0;
  const JobFolder folder = JobFolder::of_session(request.session, number);
  if (folder.finished(number)) return WorkerEnd::finished_before;
  const auto note = [&](const std::string& message) {
    try {
      folder.note_failure(
          number, {.node = request.node, .at_utc = SystemClock().now_utc(), .message = message});
    } catch (const std::exception&) {
      // Of a full disk: what is thrown on says the same, and the task's state that it failed.
    }
  };
  try {
    Worker(request, folder, number).run(events);
  } catch (const Interrupted&) {
    note("it was asked to stop, by a time limit or by hand");
    throw;
  } catch (const std::exception& problem) {
    note(problem.what());
    throw;
  }
  return WorkerEnd::finished;
}

std::string default_node_name() {
  const char* const slurm = std::getenv("SLURMD_NODENAME");
  return slurm != nullptr && *slurm != '\0' ? slurm : read_node_state().hostname;
}

}  // namespace joulebench
