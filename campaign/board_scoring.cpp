#include "campaign/board_scoring.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "campaign/measuring.h"
#include "core/error.h"
#include "core/npy.h"
#include "core/text.h"
#include "core/version.h"
#include "datasets/labels.h"
#include "harness/protocol/predictions.h"
#include "leaderboard/right_answers.h"
#include "scoring/rules/ranking_rule.h"
#include "scoring/score_json.h"

namespace joulebench {

struct BoardScoring::TrackScorer {
  LabelledDataset dataset;
  RecordScorer scorer;

  TrackScorer(const Competition& competition, const Track& track,
              const std::filesystem::path& datasets, const ScorerCallbacks& callbacks)
      : dataset(open_dataset(track.dataset, dataset_locations(datasets, competition.file))),
        scorer(competition, track, dataset, default_scratch(), callbacks) {}
};

namespace {

/// The first prediction that no program may give, in words; empty: none.
std::string impossible_prediction(Tensor kept, const PredictionFormat& format) {
  if (kept.shape.size() < 2 || kept.shape.size() > 3) return "they have no rows of samples";
  const std::size_t count = kept.shape[0] * kept.shape[1];
  kept.shape.erase(kept.shape.begin());
  kept.shape[0] = count;
  const auto read = parse_predictions(to_npy(kept), count, format, "predictions.npy");
  const auto* problem = std::get_if<PredictionsProblem>(&read);
  return problem == nullptr ? "" : problem->message;
}

}  // namespace

BoardScoring::TrackScorer& BoardScoring::scorer_of(const Competition& competition,
                                                   const Track& track) {
  std::unique_ptr<TrackScorer>& scorer = tracks_[{competition.id, track.id}];
  if (scorer == nullptr) {
    scorer = std::make_unique<TrackScorer>(competition, track, datasets_, callbacks_);
  }
  return *scorer;
}

Score BoardScoring::score_untrusted(const Competition& competition, const Track& track,
                                    const RunRecord& record, const std::filesystem::path& folder) {
  const Dataset& dataset = scorer_of(competition, track).dataset.dataset;
  const PredictionFormat format{.kind = track.metric.predictions,
                                .classes = dataset.class_names.size()};
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid || record.dataset_sha256 != dataset.sha256) continue;
    const std::string problem =
        impossible_prediction(read_block_predictions(folder, block), format);
    if (problem.empty()) continue;
    throw Error({.what = "a record holds predictions that no program can have made",
                 .where = fmt::format("{}: block {}: {}", folder.string(), block.number, problem),
                 .hint = "leave its run out of the export"});
  }
  return score(competition, track, record, folder);
}

BoardScoring::BoardScoring(std::filesystem::path datasets, ScorerCallbacks callbacks)
    : datasets_(std::move(datasets)), callbacks_(std::move(callbacks)) {}
BoardScoring::~BoardScoring() = default;

Score BoardScoring::score(const Competition& competition, const Track& track, RunRecord record,
                          const std::filesystem::path& folder, FilesRead* read) {
  const TrackScorer& scorer = scorer_of(competition, track);
  record.track.metric = track.metric;
  record.track.ranking = track.ranking;
  record.track.energy = track.energy;
  return scorer.scorer.score(record, folder, read);
}

namespace {

using nlohmann::json;

/// The first part of a score that differs, in words; empty: none does.
std::string first_difference(const json& is, const json& should, const char* in_force) {
  const json steps = json::diff(should, is);
  if (steps.empty()) return {};
  const std::string path = steps.front().at("path");
  const auto shown = [&path](const json& score) {
    const json::json_pointer place(path);
    return score.contains(place) ? printable(score.at(place).dump(), 60) : "not there";
  };
  return fmt::format("its score's {} is {}, and its record gives {}{}",
                     printable(path.substr(1), 80), shown(is), shown(should), in_force);
}

/// What a score says of its record whatever computes intervals, flags and reasons.
json figures_alone(const json& score) {
  json figures = json::object();
  for (const char* key : {"entry_id", "outcome", "class", "metric", "metric_value", "accuracy",
                          "joules_per_sample", "joules_per_training", "blocks", "samples"}) {
    if (score.contains(key)) figures[key] = score.at(key);
    // Sums in another order differ in their last digits.
    if (figures.contains(key) && figures[key].is_number_float()) {
      figures[key] = std::stod(fmt::format("{:.9g}", figures[key].get<double>()));
    }
  }
  return figures;
}

/// What pairs of entries are compared by lies beside the record, where no digest in the log names
/// it. Empty: it is what the record's predictions give, or is missing where ranks do not need it.
std::string wrong_answers(const Track& track, const BoardEntry& entry, const Score& again) {
  const auto kept = right_answers(entry.run.folder, entry.run.record_sha256);
  if (!kept && !(again.answers && ranking_rule(track).pairs_answers)) return {};
  if (kept && again.answers && kept->dataset_sha256 == again.answers->dataset_sha256 &&
      kept->is_right == again.answers->is_right) {
    return {};
  }
  return (entry.run.folder / "right-answers.json").string() +
         (kept ? " is not what its record gives" : " is missing, or of another record") +
         "; joulebench score writes it again";
}

}  // namespace

ScoreDifference BoardScoring::check(const Competition& competition, const Track& track,
                                    const BoardEntry& entry, FilesRead* read) {
  if (!entry.score) return {};
  try {
    Score again =
        score(competition, track, read_run_record(entry.run.folder), entry.run.folder, read);
    if (std::string wrong = wrong_answers(track, entry, again); !wrong.empty()) {
      return {.problem = std::move(wrong), .note = {}};
    }
    if (entry.score->class_answers.empty()) {  // of a version that did not keep them
      again.class_answers.clear();
      again.class_names.clear();
    }
    const json is = to_json(*entry.score);
    const json should = to_json(again);
    if (entry.program_version == kVersion) {
      return {.problem = first_difference(is, should, " under the rules in force"), .note = {}};
    }
    const std::string by = fmt::format("joulebench {} computed its score, this is {}",
                                       printable(entry.program_version, 40), kVersion);
    const std::string figure = first_difference(figures_alone(is), figures_alone(should), "");
    if (!figure.empty()) {
      return {.problem = fmt::format("{}: {}; joulebench score computes it anew and keeps both", by,
                                     figure),
              .note = {}};
    }
    const std::string other = first_difference(is, should, " now");
    if (other.empty()) return {};
    return {.problem = {}, .note = fmt::format("{}: its figures are the record's; {}", by, other)};
  } catch (const Error& error) {
    return {.problem = "its record cannot be scored: " + error.parts().where, .note = {}};
  }
}

}  // namespace joulebench
