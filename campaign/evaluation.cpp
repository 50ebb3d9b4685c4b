#include "campaign/evaluation.h"

#include <algorithm>
#include <utility>

#include "campaign/campaign.h"
#include "core/error.h"
#include "scoring/ranking.h"
#include "scoring/score.h"

namespace joulebench {
namespace {

template <class Callback, class... Arguments>
void tell(const Callback& callback, const Arguments&... arguments) {
  if (callback) callback(arguments...);
}

}  // namespace

Evaluation::Evaluation(const Field& field, const RunSetting& setting, std::filesystem::path records)
    : setting_(setting), records_(std::move(records)), refused_(field.refused) {
  for (const Candidate& candidate : field.candidates) {
    const std::filesystem::path folder =
        records_ / run_folder_name(candidate.submission, setting_, candidate.environment);
    runs_.push_back(std::make_unique<EntryRun>(candidate.submission, candidate.is_baseline,
                                               setting_, folder, candidate.environment));
  }
}

CampaignPlan Evaluation::plan() const {
  return plan_campaign(setting_.track, runs_, known_campaign_seed(records_).value_or(0),
                       setting_.clock.now_utc());
}

bool Evaluation::all_valid() const {
  return refused_.empty() && std::all_of(runs_.begin(), runs_.end(), [](const auto& run) {
           return run->record().outcome == Outcome::valid;
         });
}

int Evaluation::blocks_left() const {
  int blocks = 0;
  for (const auto& run : runs_) blocks += run->blocks_left();
  return blocks;
}

EvaluationState Evaluation::state(int left_at_start, SteadyTime start) const {
  EvaluationState state{.blocks = static_cast<int>(runs_.size()) * setting_.track.protocol.blocks,
                        .left = blocks_left(),
                        .time_left = {},
                        .entries = static_cast<int>(runs_.size())};
  const int done = left_at_start - state.left;
  if (done > 0) state.time_left = Seconds(setting_.clock.now() - start) / done * state.left;
  return state;
}

void Evaluation::run_blocks(Store& store, const EvaluationObserver& observer, int left_at_start,
                            SteadyTime start) {
  std::vector<EntryRun*> in_order;
  for (const auto& run : runs_) in_order.push_back(run.get());
  const auto keep = [&](const EntryRun& run) {
    store.put_run(run.record(), run.folder(), setting_.clock.now_utc());
  };
  run_campaign(in_order, campaign_seed(records_), setting_.clock,
               {.before_block =
                    [&](EntryRun& run) {
                      EvaluationState now = state(left_at_start, start);
                      now.entry = static_cast<int>(
                          std::find(in_order.begin(), in_order.end(), &run) - in_order.begin() + 1);
                      tell(observer.before_block, run, now);
                    },
                .after_block =
                    [&](EntryRun& run) {
                      keep(run);
                      tell(observer.after_block, run);
                    },
                .on_note =
                    [&](EntryRun& run, const std::string& note) {
                      keep(run);
                      tell(observer.on_note, run, note);
                    }});
}

void Evaluation::run(Store& store, const RecordScorer& scorer, const EvaluationObserver& observer) {
  const std::string now = setting_.clock.now_utc();
  store.put_competition(setting_.competition, now);
  store.put_refused(setting_.competition.id, setting_.track.id, as_stored(refused_), now);
  const SteadyTime start = setting_.clock.now();
  const int left_at_start = blocks_left();
  try {
    run_blocks(store, observer, left_at_start, start);
  } catch (const Interrupted&) {
    try {
      store_scores(store, scorer);
    } catch (const Interrupted&) {
      // The organizer's scorer was stopped too: `joulebench score` computes what is missing.
    }
    tell(observer.on_interrupted, state(left_at_start, start));
    throw;
  }
  store_scores(store, scorer);
}

void Evaluation::store_scores(Store& store, const RecordScorer& scorer) const {
  Clock& clock = setting_.clock;
  std::vector<Score> scores;
  std::vector<std::int64_t> ids;
  for (const auto& run : runs_) {
    ids.push_back(store.put_run(run->record(), run->folder(), clock.now_utc()));
    scores.push_back(scorer.score(run->record(), run->folder()));
  }
  const std::string rule = rank_scores(scores, setting_.track).rule;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    store.put_score(ids[i], scores[i], rule, setting_.program_version, clock.now_utc());
  }
}

}  // namespace joulebench
