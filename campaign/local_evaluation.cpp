#include "campaign/local_evaluation.h"

#include <algorithm>
#include <set>

#include "campaign/admission.h"
#include "campaign/competition_change.h"
#include "campaign/competition_check.h"
#include "campaign/entry_environment.h"
#include "campaign/intake.h"
#include "campaign/intake_history.h"
#include "campaign/local_executor.h"
#include "campaign/node_lock.h"
#include "core/error.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const EvaluationRequest& request) {
  if (!request.from_queue) return request.entries;
  std::vector<fs::path> queued = queued_entries(request.competition, request.database);
  if (!queued.empty()) return queued;
  throw Error({.what = "there is nothing to evaluate",
               .where = request.database.string() + ": no entry that was taken in is left",
               .hint = "joulebench intake COMPETITION --db FILE INBOX takes entries in"});
}

// A track's campaign with all that it needs on this machine.
class LocalEvaluation {
 public:
  LocalEvaluation(const EvaluationRequest& request, const Track& track)
      : request_(request),
        measuring_(request.measuring, track),
        executor_(measuring_.setting()),
        setting_(measuring_.run_setting(request.competition, executor_)),
        scorer_(request.competition, track, measuring_.labelled_dataset(),
                measuring_.setting().scratch, request.scorer) {
    require_provable_floors(track, measuring_.labelled_dataset().hidden_labels.size());
  }

  CampaignPlan plan(Participants participants) const {
    find_environments(participants);
    CampaignPlan plan = Evaluation(participants, setting_, records()).plan(scorer_);
    plan.hidden_samples = measuring_.labelled_dataset().hidden_labels.size();
    return plan;
  }
  // True when all is valid; what the track's dates and quotas refuse is added to `refused`.
  bool run(Participants participants, const EvaluationObserver& observer,
           std::vector<Refused>& refused) {
    find_environments(participants);
    const NodeLock lock("evaluate " + request_.competition.id, setting_.clock.now_utc(),
                        NodeLock::default_file(),
                        {.wanted = request_.waits,
                         .on_wait = observer.on_wait,
                         .stopped = request_.measuring.stopped});
    Store store(request_.database);
    const Calendars calendars =
        parse_calendars(request_.competition.text, request_.competition.file.string());
    for (const Refused& one : admit(participants, calendars, request_.competition.id,
                                    setting_.track.id, store, setting_.clock)) {
      if (observer.on_refused) observer.on_refused(one);
      refused.push_back(one);
    }
    check_environments(participants);
    std::vector<std::optional<EnvironmentIdentity>> places;
    for (const Candidate& candidate : participants.candidates)
      places.push_back(candidate.environment);
    setting_.masked = measuring_.mask_labels(places);
    executor_.share_scratch_among(participants.candidates.size());
    Evaluation evaluation(participants, setting_, records());
    evaluation.run(store, scorer_, observer);
    return evaluation.all_valid();
  }

 private:
  // Errors: one that is missing stops all, before the first block: it is the organizer's to get.
  void find_environments(Participants& participants) const {
    for (Candidate& candidate : participants.candidates) {
      candidate.environment = resolve_environment(measuring_.environments(), request_.competition,
                                                  candidate.submission);
    }
  }
  // The digest in a record shall be true: every file is read once before the first block.
  void check_environments(const Participants& participants) const {
    std::set<std::string> digests;
    for (const Candidate& candidate : participants.candidates) {
      if (candidate.environment) digests.insert(candidate.environment->sha256);
    }
    const EnvironmentStore store = measuring_.environments();
    for (const std::string& digest : digests) require_intact(store, store.open(digest));
  }
  fs::path records() const { return records_of(request_, setting_.track.id); }

  const EvaluationRequest& request_;
  Measuring measuring_;
  LocalExecutor executor_;
  RunSetting setting_;
  RecordScorer scorer_;
};

}  // namespace

void check_changes(const EvaluationRequest& request) {
  std::error_code none;
  // A campaign that was killed at once leaves an empty file.
  const bool is_there = fs::exists(request.database, none) && !fs::is_empty(request.database, none);
  if (request.accept_changes || !is_there) return;
  const Store store = Store::open_existing(request.database);
  const auto known = store.competition_ids();
  if (std::find(known.begin(), known.end(), request.competition.id) == known.end()) return;
  require_unchanged(store.competition(request.competition.id), request.competition);
}

Participants told_participants(const EvaluationRequest& request, const Track& track,
                               const EvaluationObserver& observer) {
  Participants participants = gather_participants(request.competition, track, entries_of(request));
  if (!observer.on_refused) return participants;
  for (const Refused& refused : participants.refused) observer.on_refused(refused);
  return participants;
}

fs::path records_of(const EvaluationRequest& request, const std::string& track) {
  return fs::path(request.database).replace_extension(".records") / track;
}

std::vector<fs::path> queued_entries(const Competition& competition, const fs::path& database) {
  const Store store = Store::open_existing(database);
  const IntakeHistory history(store, competition);
  std::vector<fs::path> archives;
  for (const IntakeDecision* one : history.queue()) {
    archives.push_back(archives_of(database) / one->file);
  }
  return archives;
}

std::vector<Track> tracks_of(const EvaluationRequest& request) {
  if (request.track.empty()) return request.competition.tracks;
  return {request.competition.track(request.track)};
}

std::vector<CampaignPlan> plan_evaluation(const EvaluationRequest& request,
                                          const EvaluationObserver& observer) {
  check_changes(request);
  std::vector<CampaignPlan> plans;
  for (const Track& track : tracks_of(request)) {
    const Participants participants = told_participants(request, track, observer);
    plans.push_back(LocalEvaluation(request, track).plan(participants));
  }
  return plans;
}

EvaluationResult evaluate(const EvaluationRequest& request, const EvaluationObserver& observer) {
  check_changes(request);
  EvaluationResult result;
  for (const Track& track : tracks_of(request)) {
    const Participants participants = told_participants(request, track, observer);
    result.refused.insert(result.refused.end(), participants.refused.begin(),
                          participants.refused.end());
    result.all_valid &= LocalEvaluation(request, track).run(participants, observer, result.refused);
  }
  return result;
}

}  // namespace joulebench
