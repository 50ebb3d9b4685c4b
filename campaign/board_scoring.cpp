#include "campaign/board_scoring.h"

#include <nlohmann/json.hpp>

#include "campaign/measuring.h"
#include "core/error.h"
#include "datasets/labels.h"
#include "scoring/score_json.h"

namespace joulebench {

struct BoardScoring::TrackScorer {
  LabelledDataset dataset;
  RecordScorer scorer;

  TrackScorer(const Competition& competition, const Track& track,
              const std::filesystem::path& datasets, const ScorerCallbacks& callbacks)
      : dataset(open_dataset(track.dataset, dataset_locations(datasets))),
        scorer(competition, track, dataset, default_scratch(), callbacks) {}
};

BoardScoring::BoardScoring(std::filesystem::path datasets, ScorerCallbacks callbacks)
    : datasets_(std::move(datasets)), callbacks_(std::move(callbacks)) {}
BoardScoring::~BoardScoring() = default;

Score BoardScoring::score(const Competition& competition, const Track& track, RunRecord record,
                          const std::filesystem::path& folder) {
  std::unique_ptr<TrackScorer>& scorer = tracks_[{competition.id, track.id}];
  if (scorer == nullptr) {
    scorer = std::make_unique<TrackScorer>(competition, track, datasets_, callbacks_);
  }
  record.track.metric = track.metric;
  record.track.ranking = track.ranking;
  record.track.energy = track.energy;
  return scorer->scorer.score(record, folder);
}

std::string BoardScoring::check(const Competition& competition, const Track& track,
                                const BoardEntry& entry) {
  if (!entry.score) return {};
  try {
    const Score again =
        score(competition, track, read_run_record(entry.run.folder), entry.run.folder);
    const nlohmann::json is = to_json(*entry.score);
    const nlohmann::json should = to_json(again);
    for (const auto& [key, value] : should.items()) {
      if (!is.contains(key) || is.at(key) != value) {
        return "its score's " + key + " is not what its record gives under the rules in force";
      }
    }
    return {};
  } catch (const Error& error) {
    return "its record cannot be scored: " + error.parts().where;
  }
}

}  // namespace joulebench
