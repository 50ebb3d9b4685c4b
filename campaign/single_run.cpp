#include "campaign/single_run.h"

#include "campaign/entry_environment.h"
#include "campaign/field.h"
#include "campaign/local_executor.h"
#include "campaign/node_lock.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// Runs all blocks with a record in `folder`. Where there is an earlier record that shall not be
// resumed, the new one is written beside it and takes its place once it has something to show.
RunRecord run_blocks(const Submission& submission,
                     const std::optional<EnvironmentIdentity>& environment,
                     const RunSetting& setting, const fs::path& folder, bool anew,
                     const CampaignEvents& events) {
  fs::path written = folder;
  if (anew) {
    written += ".new";
    fs::remove_all(written);  // of a call that was killed
  }
  EntryRun run(submission, false, setting, written, environment);
  EntryRun* const runs[] = {&run};
  CampaignEvents with_move = events;
  with_move.after_block = [&](EntryRun& entry) {
    if (entry.folder() != folder && !entry.problem()) entry.move_to(folder);
    events.after_block(entry);
  };
  try {
    run_campaign(runs, 0, setting.clock, with_move);
  } catch (...) {
    if (run.folder() != folder) fs::remove_all(written);
    throw;
  }
  return run.record();
}

}  // namespace

SingleRun run_entry(const SingleRunRequest& request, const CampaignEvents& events) {
  const Track& track = track_for(request.competition, request.submission, request.track);
  Measuring measuring(request.measuring, track);
  LocalExecutor executor(measuring.setting());
  RunSetting setting = measuring.run_setting(request.competition, executor);
  const RecordScorer scorer(request.competition, track, measuring.labelled_dataset(),
                            measuring.setting().scratch, request.scorer);
  const auto environment = resolve_environment(measuring.environments(), request.competition,
                                               request.submission, request.environment);
  const NodeLock lock("run " + request.submission.name, setting.clock.now_utc());
  setting.masked = measuring.mask_labels({environment});
  const bool anew = request.record.empty();
  SingleRun run;
  run.folder = anew ? fs::path("joulebench-records") /
                          run_folder_name(request.submission, setting, environment)
                    : request.record;
  run.record = run_blocks(request.submission, environment, setting, run.folder, anew, events);
  run.score = scorer.score(run.record, run.folder);
  return run;
}

}  // namespace joulebench
