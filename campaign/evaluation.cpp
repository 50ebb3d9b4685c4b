#include "campaign/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "campaign/campaign.h"
#include "core/error.h"
#include "core/text.h"
#include "scoring/held.h"
#include "scoring/ranking.h"
#include "scoring/score.h"

namespace joulebench {
namespace {

template <class Callback, class... Arguments>
void tell(const Callback& callback, const Arguments&... arguments) {
  if (callback) callback(arguments...);
}

}  // namespace

Evaluation::Evaluation(const Participants& participants, const RunSetting& setting,
                       std::filesystem::path records)
    : setting_(setting), records_(std::move(records)), refused_(participants.refused) {
  for (const Candidate& candidate : participants.candidates) {
    const std::filesystem::path folder =
        records_ / run_folder_name(candidate.submission, setting_, candidate.environment);
    runs_.push_back(std::make_unique<EntryRun>(candidate.submission, candidate.is_baseline,
                                               setting_, folder, candidate.environment));
  }
}

CampaignPlan Evaluation::plan(const RecordScorer& scorer) {
  const bool has_base =
      std::all_of(runs_.begin(), runs_.end(), [](const auto& run) { return run->is_finished(); });
  if (has_base) add_blocks(scorer, {});
  return plan_campaign(setting_.track, runs_, known_campaign_seed(records_).value_or(0),
                       setting_.clock.now_utc());
}

bool Evaluation::all_valid() const {
  return refused_.empty() && std::all_of(runs_.begin(), runs_.end(), [](const auto& run) {
           return run->is_stopped() || run->record().outcome == Outcome::valid;
         });
}

int Evaluation::blocks_left() const {
  int blocks = 0;
  for (const auto& run : runs_) blocks += run->blocks_left();
  return blocks;
}

EvaluationState Evaluation::state(int left_at_start, SteadyTime start) const {
  EvaluationState state{.blocks = 0,
                        .left = blocks_left(),
                        .time_left = {},
                        .entries = static_cast<int>(runs_.size())};
  for (const auto& run : runs_) {
    const int there = run->record().valid_blocks() + run->blocks_left();
    state.blocks += std::max(there, setting_.track.protocol.blocks);
  }
  const int done = left_at_start - state.left;
  if (done > 0) state.time_left = Seconds(setting_.clock.now() - start) / done * state.left;
  return state;
}

/// Where the track adds blocks: asks for more of those that its rule finds tied at the top,
/// as the board would. False: there is nothing to add. What was decided is on disk as blocks, so a
/// call that resumes decides the same.
bool Evaluation::add_blocks(const RecordScorer& scorer, const EvaluationObserver& observer) {
  const Track& track = setting_.track;
  if (!track.protocol.adds_blocks) return false;
  std::vector<Score> scores;
  for (const auto& run : runs_) {
    scores.push_back(scorer.score(run->record(), run->folder()));
    if (!holding_flags(scores.back().flags).empty()) scores.back().unranked = {"it is held"};
  }
  const MoreBlocks more = more_blocks(scores, track);
  if (more.scores.empty()) return false;
  Seconds cost{0};
  for (const std::size_t i : more.scores) {
    cost += (more.blocks - scores[i].blocks) * block_time(*runs_[i], track);
  }
  std::string names;
  for (const std::size_t i : more.scores) {
    names += (names.empty() ? "" : ", ") + printable(scores[i].entry_name, 40);
  }
  const Seconds most = track.protocol.most_time;
  if (most.count() > 0 && time_spent(runs_) + cost > most) {
    tell(observer.on_note, *runs_[more.scores.front()],
         fmt::format("tied at the top are {}; no blocks are added, since most_time_s is spent",
                     names));
    return false;
  }
  bool any = false;
  for (const std::size_t i : more.scores) any |= runs_[i]->want(more.blocks);
  if (any) {
    tell(observer.on_note, *runs_[more.scores.front()],
         fmt::format("tied at the top: {} get blocks up to {}", names, more.blocks));
  }
  return any;
}

/// Intake and the organizer go on while blocks run: an entry that is taken out of the ranks does
/// not keep the machine busy. What was restored since runs its other blocks.
void Evaluation::stop_if_withdrawn(const Store& store, EntryRun& run,
                                   const EvaluationObserver& observer) const {
  if (run.record().entry.is_baseline || run.is_stopped()) return;
  const std::optional<Decision> newest = store.newest_decision(run.record());
  if (newest != Decision::withdrawn && newest != Decision::disqualified) return;
  run.stop();
  tell(observer.on_note, run,
       fmt::format("it was {}: its other blocks are not run", to_string(*newest)));
}

void Evaluation::run_blocks(Store& store, const RecordScorer& scorer,
                            const EvaluationObserver& observer, int left_at_start,
                            SteadyTime start) {
  std::vector<EntryRun*> in_order;
  for (const auto& run : runs_) in_order.push_back(run.get());
  const auto keep = [&](const EntryRun& run) {
    store.put_run(run.record(), run.folder(), setting_.clock.now_utc());
  };
  const CampaignEvents events{
      .before_block =
          [&](EntryRun& run) {
            EvaluationState now = state(left_at_start, start);
            now.entry = static_cast<int>(std::find(in_order.begin(), in_order.end(), &run) -
                                         in_order.begin() + 1);
            tell(observer.before_block, run, now);
            stop_if_withdrawn(store, run, observer);
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
          }};
  for (bool goes_on = true; goes_on;) {
    run_campaign(in_order, campaign_seed(records_), setting_.clock, events);
    const int left = blocks_left();
    goes_on = add_blocks(scorer, observer);
    left_at_start += blocks_left() - left;
  }
}

void Evaluation::run(Store& store, const RecordScorer& scorer, const EvaluationObserver& observer) {
  const std::string now = setting_.clock.now_utc();
  store.put_competition(setting_.competition, now);
  store.put_refused(setting_.competition.id, setting_.track.id, as_stored(refused_), now);
  const SteadyTime start = setting_.clock.now();
  const int left_at_start = blocks_left();
  try {
    run_blocks(store, scorer, observer, left_at_start, start);
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
