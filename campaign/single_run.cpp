#include "campaign/single_run.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "campaign/entry_environment.h"
#include "campaign/local_executor.h"
#include "campaign/node_lock.h"
#include "campaign/participants.h"
#include "campaign/record_view.h"
#include "core/error.h"
#include "core/json_file.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// A run to be made. Where there is an earlier record that shall not be resumed, the new one is
// written beside it and takes its place once it has something to show.
struct PlannedRun {
  Submission submission;
  std::optional<EnvironmentIdentity> environment;
  bool is_baseline = false;
  fs::path folder;
  bool anew = true;

  fs::path written() const {
    fs::path path = folder;
    if (anew) path += ".new";
    return path;
  }
};

// Runs all blocks, the runs in turn. Their records, in the same order.
std::vector<RunRecord> run_blocks(const std::vector<PlannedRun>& planned, const RunSetting& setting,
                                  const CampaignEvents& events) {
  std::vector<std::unique_ptr<EntryRun>> runs;
  std::vector<EntryRun*> in_order;
  for (const PlannedRun& one : planned) {
    if (one.anew) fs::remove_all(one.written());  // of a call that was killed
    runs.push_back(std::make_unique<EntryRun>(one.submission, one.is_baseline, setting,
                                              one.written(), one.environment));
    in_order.push_back(runs.back().get());
  }
  CampaignEvents with_move = events;
  with_move.after_block = [&](EntryRun& entry) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i].get() != &entry || entry.folder() == planned[i].folder) continue;
      if (!entry.problem()) entry.move_to(planned[i].folder);
    }
    events.after_block(entry);
  };
  try {
    run_campaign(in_order, 0, setting.clock, with_move);
  } catch (...) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i]->folder() != planned[i].folder) fs::remove_all(planned[i].written());
    }
    throw;
  }
  std::vector<RunRecord> records;
  for (const auto& run : runs) records.push_back(run->record());
  return records;
}

Submission first_baseline(const Competition& competition, const Track& track) {
  if (track.baselines.empty()) {
    throw Error({.what = "there is no baseline to compare with",
                 .where = competition.file.string() + ": track '" + track.id + "' names none",
                 .hint = "run without --baseline"});
  }
  return open_submission(find_beside(competition, track.baselines.front()));
}

// Before anything runs: a record that cannot be compared is said at once.
std::optional<SingleRun> earlier_run(const SingleRunRequest& request, const Track& track,
                                     const Measuring& measuring, const RecordScorer& scorer) {
  if (request.earlier.empty()) return std::nullopt;
  RunRecord record = read_run_record(request.earlier);
  const bool is_same_data = record.dataset_sha256 == measuring.dataset().sha256;
  if (record.track.id != track.id || !is_same_data) {
    throw Error({.what = "the earlier record cannot be compared with",
                 .where = request.earlier.string() + ": it is of track '" + record.track.id +
                          (is_same_data ? "'" : "' and another version of the dataset") +
                          ", this run of '" + track.id + "'",
                 .hint = "name a record of the same track: --compare FOLDER"});
  }
  Score score = scorer.score(record, request.earlier);
  std::vector<PhaseEnergy> phases = phases_of(record, request.earlier);
  return SingleRun{std::move(record), std::move(score), request.earlier, {}, std::move(phases)};
}

}  // namespace

std::vector<PhaseEnergy> phases_of(const RunRecord& record, const fs::path& folder) {
  std::vector<std::vector<PhaseEnergy>> blocks;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid || block.trace_sha256.empty()) continue;
    try {
      blocks.push_back(energy_by_phase(block, read_trace(folder, block)));
    } catch (const Error&) {
      return {};  // a record without its traces
    }
  }
  return mean_phases(blocks);
}

SingleRuns run_entry(const SingleRunRequest& request, const CampaignEvents& events) {
  const Track& track = track_for(request.competition, request.submission, request.track);
  Measuring measuring(request.measuring, track);
  LocalExecutor executor(measuring.setting());
  RunSetting setting = measuring.run_setting(request.competition, executor);
  const RecordScorer scorer(request.competition, track, measuring.labelled_dataset(),
                            measuring.setting().scratch, request.scorer);
  SingleRuns runs;
  runs.earlier = earlier_run(request, track, measuring, scorer);
  std::vector<PlannedRun> planned;
  const auto plan = [&](const Submission& submission, const std::string& environment,
                        const fs::path& record) {
    PlannedRun& one = planned.emplace_back();
    one.submission = submission;
    one.environment =
        resolve_environment(measuring.environments(), request.competition, submission, environment);
    one.anew = record.empty();
    one.folder = one.anew ? fs::path("joulebench-records") /
                                run_folder_name(submission, setting, one.environment)
                          : record;
  };
  plan(request.submission, request.environment, request.record);
  if (request.with_baseline) {
    const Submission baseline = first_baseline(request.competition, track);
    if (baseline.id == request.submission.id) {
      throw Error(
          {.what = "an entry is not compared with itself",
           .where = request.submission.name + " is the baseline of track '" + track.id + "'",
           .hint = "run without --baseline"});
    }
    plan(baseline, "", {});
    planned.back().is_baseline = true;
  }
  const NodeLock lock("run " + request.submission.name, setting.clock.now_utc());
  std::vector<std::optional<EnvironmentIdentity>> environments;
  for (const PlannedRun& one : planned) environments.push_back(one.environment);
  setting.masked = measuring.mask_labels(environments);
  std::vector<RunRecord> records = run_blocks(planned, setting, events);
  const auto result = [&](std::size_t i) {
    Score score = scorer.score(records[i], planned[i].folder);
    if (fs::is_directory(planned[i].folder)) {
      write_json_file(planned[i].folder / kScoreFile, to_json(score));
    }
    std::vector<PhaseEnergy> phases = phases_of(records[i], planned[i].folder);
    return SingleRun{std::move(records[i]), std::move(score), planned[i].folder,
                     planned[i].submission.command, std::move(phases)};
  };
  runs.entry = result(0);
  if (request.with_baseline) runs.baseline = result(1);
  return runs;
}

}  // namespace joulebench
