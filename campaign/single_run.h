#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/campaign.h"
#include "campaign/measuring.h"
#include "campaign/record_scorer.h"
#include "core/competition.h"
#include "core/run_record.h"
#include "scoring/phases.h"
#include "scoring/score.h"
#include "submissions/submission.h"

namespace joulebench {

/// One entry to be run on this machine, without a board.
struct SingleRunRequest {
  Competition competition;
  Submission submission;
  std::string environment;        // to try it in; empty: what the entry says
  std::string track;              // empty: the first that the entry enters
  std::filesystem::path record;   // resumed when it is there; empty: measured anew
  bool with_baseline = false;     // the track's first runs in turn with it, for comparison
  std::filesystem::path earlier;  // folder of a record to compare with; empty: none
  MeasuringOptions measuring;
  ScorerCallbacks scorer;
};

struct SingleRun {
  RunRecord record;
  Score score;
  std::filesystem::path folder;           // of the record
  std::vector<std::string> command = {};  // of the entry; empty: it is not at hand
  std::vector<PhaseEnergy> phases = {};   // of its blocks on average; empty: no trace is at hand
};

/// The mean over a record's valid blocks, from their traces.
std::vector<PhaseEnergy> phases_of(const RunRecord& record, const std::filesystem::path& folder);

struct SingleRuns {
  SingleRun entry;
  std::optional<SingleRun> baseline;
  std::optional<SingleRun> earlier;
};

/// Runs all its blocks, and those of the baseline if that was asked for, holding the machine's
/// lock, and scores them. Without a record of its own name it measures anew into
/// joulebench-records/NAME; an earlier record there is replaced when the first block is on disk,
/// and not before. The score stands beside each record, as kScoreFile. Errors: Error when we cannot
/// go on, the track has no baseline, or the earlier record is of another track or dataset;
/// Interrupted.
SingleRuns run_entry(const SingleRunRequest& request, const CampaignEvents& events);

}  // namespace joulebench
