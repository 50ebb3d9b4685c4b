#include "campaign/single_run.h"

#include "campaign/field.h"
#include "campaign/local_executor.h"
#include "campaign/node_lock.h"

namespace joulebench {

namespace fs = std::filesystem;

SingleRun run_entry(const SingleRunRequest& request, const CampaignEvents& events) {
  const Track& track = track_for(request.competition, request.submission, request.track);
  const Measuring measuring(request.measuring, track);
  LocalExecutor executor(measuring.setting());
  const RunSetting setting = measuring.run_setting(request.competition, executor);
  const RecordScorer scorer(request.competition, track, measuring.dataset(),
                            measuring.setting().scratch, request.scorer);
  const fs::path folder = request.record.empty() ? fs::path("joulebench-records") /
                                                       run_folder_name(request.submission, setting)
                                                 : request.record;
  // Without a record of its own name each call measures anew; with one it resumes.
  if (request.record.empty()) fs::remove_all(folder);
  EntryRun run(request.submission, false, setting, folder);
  const NodeLock lock("run " + run.record().entry.name, setting.clock.now_utc());
  EntryRun* const runs[] = {&run};
  run_campaign(runs, 0, events);
  return {.record = run.record(), .score = scorer.score(run.record(), folder), .folder = folder};
}

}  // namespace joulebench
