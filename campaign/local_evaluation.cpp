#include "campaign/local_evaluation.h"

#include <algorithm>

#include "campaign/competition_change.h"
#include "campaign/local_executor.h"
#include "campaign/node_lock.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

Field told_field(const EvaluationRequest& request, const Track& track,
                 const EvaluationObserver& observer) {
  Field field = gather_field(request.competition, track, request.entries);
  if (!observer.on_refused) return field;
  for (const Refused& refused : field.refused) observer.on_refused(refused);
  return field;
}

// A track's campaign with all that it needs on this machine.
class LocalEvaluation {
 public:
  LocalEvaluation(const EvaluationRequest& request, const Track& track, const Field& field)
      : request_(request),
        measuring_(request.measuring, track),
        executor_(measuring_.setting()),
        setting_(measuring_.run_setting(request.competition, executor_)),
        scorer_(request.competition, track, measuring_.labelled_dataset(),
                measuring_.setting().scratch, request.scorer),
        evaluation_(field, setting_,
                    fs::path(request.database).replace_extension(".records") / track.id) {}

  CampaignPlan plan() const { return evaluation_.plan(); }
  bool run(const EvaluationObserver& observer) {
    const NodeLock lock("evaluate " + request_.competition.id, setting_.clock.now_utc());
    Store store(request_.database);
    evaluation_.run(store, scorer_, observer);
    return evaluation_.all_valid();
  }

 private:
  const EvaluationRequest& request_;
  Measuring measuring_;
  LocalExecutor executor_;
  RunSetting setting_;
  RecordScorer scorer_;
  Evaluation evaluation_;
};

}  // namespace

namespace {

void check_changes(const EvaluationRequest& request) {
  if (request.accept_changes || !fs::exists(request.database)) return;
  const Store store = Store::open_existing(request.database);
  const auto known = store.competition_ids();
  if (std::find(known.begin(), known.end(), request.competition.id) == known.end()) return;
  require_unchanged(store.competition(request.competition.id), request.competition);
}

}  // namespace

std::vector<Track> tracks_of(const EvaluationRequest& request) {
  if (request.track.empty()) return request.competition.tracks;
  return {request.competition.track(request.track)};
}

std::vector<CampaignPlan> plan_evaluation(const EvaluationRequest& request,
                                          const EvaluationObserver& observer) {
  check_changes(request);
  std::vector<CampaignPlan> plans;
  for (const Track& track : tracks_of(request)) {
    const Field field = told_field(request, track, observer);
    plans.push_back(LocalEvaluation(request, track, field).plan());
  }
  return plans;
}

EvaluationResult evaluate(const EvaluationRequest& request, const EvaluationObserver& observer) {
  check_changes(request);
  EvaluationResult result;
  for (const Track& track : tracks_of(request)) {
    const Field field = told_field(request, track, observer);
    result.refused.insert(result.refused.end(), field.refused.begin(), field.refused.end());
    result.all_valid &= LocalEvaluation(request, track, field).run(observer);
  }
  return result;
}

}  // namespace joulebench
