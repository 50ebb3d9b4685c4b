#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/evaluation.h"
#include "campaign/measuring.h"
#include "campaign/plan.h"
#include "campaign/record_scorer.h"
#include "core/competition.h"

namespace joulebench {

/// A whole competition to be evaluated on this machine, as the user asked for it.
struct EvaluationRequest {
  Competition competition;
  std::string track;                           // only this one; empty: all
  std::vector<std::filesystem::path> entries;  // see gather_participants()
  std::filesystem::path database;              // records lie beside it, in NAME.records/
  bool from_queue = false;      // entries that intake accepted, in place of `entries`
  bool waits = false;           // for another measurement on this machine, in place of an Error
  bool accept_changes = false;  // the file may differ from what the database has of it
  MeasuringOptions measuring;
  ScorerCallbacks scorer;
};

/// Errors: Error when the competition differs from the board's and that was not accepted.
void check_changes(const EvaluationRequest& request);

/// gather_participants() of the entries or of the queue, whose refused entries the observer is told
/// of.
Participants told_participants(const EvaluationRequest& request, const Track& track,
                               const EvaluationObserver& observer);

/// Where a track's records lie beside the board.
std::filesystem::path records_of(const EvaluationRequest& request, const std::string& track);

/// The archives that the next evaluation takes out of what was taken in (IntakeHistory::queue()).
/// Errors: Error when the database is not there.
std::vector<std::filesystem::path> queued_entries(const Competition& competition,
                                                  const std::filesystem::path& database);

/// The competition's tracks that were asked for. Errors: Error naming the nearest known track.
std::vector<Track> tracks_of(const EvaluationRequest& request);

/// What is left to do, track by track. Runs and writes nothing. Errors: as evaluate().
std::vector<CampaignPlan> plan_evaluation(const EvaluationRequest& request,
                                          const EvaluationObserver& observer);

/// What became of an evaluation; the boards are in the database.
struct EvaluationResult {
  bool all_valid = true;  // every entry of every track
  std::vector<Refused> refused;
};

/// Runs what is missing, track by track, holding the machine's lock while blocks run.
/// Errors: Error when we cannot go on, also when the competition differs from the board's and that
/// was not accepted; Interrupted.
EvaluationResult evaluate(const EvaluationRequest& request, const EvaluationObserver& observer);

}  // namespace joulebench
