#include "campaign/rescoring.h"

#include "campaign/measuring.h"
#include "core/error.h"
#include "core/version.h"
#include "datasets/labels.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

// Scores one run from its record's folder under `track`'s rules into `result`.
void score_stored(const StoredRun& run, const Track& track, const RecordScorer& scorer,
                  RescoredTrack& result) {
  RunRecord record = run.record;
  Score score;
  bool is_damaged = false;
  try {
    record = read_run_record(run.folder);
    record.track.metric = track.metric;
    record.track.ranking = track.ranking;
    record.track.energy = track.energy;
    score = scorer.score(record, run.folder);
  } catch (const Error& error) {
    is_damaged = true;
    score = {.entry_id = run.record.entry.id,
             .entry_name = run.record.entry.name,
             .outcome = run.record.outcome,
             .message = run.record.message,
             .metric = track.metric.name,
             .unranked = {"its record cannot be scored: " + error.parts().where}};
  }
  result.records.push_back(std::move(record));
  result.scores.push_back(std::move(score));
  result.is_damaged.push_back(is_damaged);
}

RescoredTrack rescore_track(Store& store, const Competition& competition, const Track& track,
                            const std::vector<BoardEntry>& entries, const RescoringRequest& request,
                            Clock& clock) {
  const LabelledDataset dataset =
      open_dataset(track.dataset, dataset_locations(request.datasets, competition.file));
  const RecordScorer scorer(competition, track, dataset, default_scratch(), request.scorer);
  RescoredTrack result{.competition_id = competition.id, .track = track};
  for (const BoardEntry& entry : entries) score_stored(entry.run, track, scorer, result);
  const std::string rule = rank_scores(result.scores, track).rule;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    store.put_score(entries[i].run.id, result.scores[i], rule, kVersion, clock.now_utc());
  }
  return result;
}

std::vector<Competition> competitions_of(Store& store, const RescoringRequest& request,
                                         Clock& clock) {
  std::vector<Competition> competitions;
  if (request.competition) {
    const Competition stored = store.competition(request.competition->id);  // Error: not in here
    store.put_competition(*request.competition, clock.now_utc());
    competitions.push_back(*request.competition);
    return competitions;
  }
  for (const std::string& id : store.competition_ids()) {
    competitions.push_back(store.competition(id));
  }
  return competitions;
}

}  // namespace

std::vector<RescoredTrack> rescore(Store& store, const RescoringRequest& request, Clock& clock) {
  std::vector<RescoredTrack> tracks;
  for (const Competition& competition : competitions_of(store, request, clock)) {
    for (const Track& track : competition.tracks) {
      const std::vector<BoardEntry> entries = store.board(competition.id, track.id);
      if (entries.empty()) continue;
      tracks.push_back(rescore_track(store, competition, track, entries, request, clock));
    }
  }
  return tracks;
}

}  // namespace joulebench
