#include "campaign/record_view.h"

#include <nlohmann/json.hpp>

#include "campaign/measuring.h"
#include "core/error.h"
#include "core/json_file.h"
#include "scoring/ranking.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::string without_hint(const Error& error) {
  return error.parts().what + ": " + error.parts().where;
}

Competition competition_of(const RecordViewRequest& request, const RunRecord& record) {
  if (request.competition) {
    request.competition->track(record.track.id);  // Error: the record is of another competition
    return *request.competition;
  }
  return {.id = record.competition_id, .tracks = {record.track}};
}

// By the labels; absent with a note: they are not here, or the record's files are not complete.
std::optional<Score> scored_again(const RecordViewRequest& request, const Competition& competition,
                                  const RunRecord& record, std::vector<std::string>& notes) {
  try {
    const LabelledDataset labelled =
        open_dataset(record.track.dataset, dataset_locations(request.datasets, competition.file));
    if (labelled.dataset.sha256 != record.dataset_sha256) {
      notes.push_back("dataset '" + record.track.dataset +
                      "' is another version here than the one that was run on");
      return std::nullopt;
    }
    if (record.track.metric.is_outside() && competition.file.empty()) {
      notes.push_back(
          "the track's metric is a program of the organizer: --competition names where "
          "it lies");
      return std::nullopt;
    }
    const RecordScorer scorer(competition, record.track, labelled, default_scratch(),
                              request.scorer);
    return scorer.score(record, request.folder);
  } catch (const Error& error) {
    notes.push_back(without_hint(error));
    return std::nullopt;
  }
}

std::optional<Score> score_beside(const fs::path& folder, const RunRecord& record,
                                  std::vector<std::string>& notes) {
  std::error_code none;
  if (!fs::is_regular_file(folder / kScoreFile, none)) return std::nullopt;
  try {
    Score score =
        score_from_json(read_json_file(folder / kScoreFile, {}), (folder / kScoreFile).string());
    if (score.entry_id != record.entry.id) return std::nullopt;
    notes.push_back("the score is the one that `run` left in the folder");
    return score;
  } catch (const Error& error) {
    notes.push_back(without_hint(error));
    return std::nullopt;
  }
}

}  // namespace

RecordView view_record(const RecordViewRequest& request) {
  RecordView view;
  BoardEntry entry;
  entry.run.record = read_run_record(request.folder);
  entry.run.folder = request.folder;
  const RunRecord& record = entry.run.record;
  Board& board = view.board;
  board.competition = competition_of(request, record);
  board.track = record.track;
  board.carbon = board.competition.carbon;
  entry.score = scored_again(request, board.competition, record, view.notes);
  if (!entry.score) entry.score = score_beside(request.folder, record, view.notes);
  if (entry.score) {
    board.ranking = rank_scores({&*entry.score, 1}, board.track);
  } else {
    board.ranking.unranked.push_back({0, "it could not be scored here"});
  }
  board.entries.push_back(std::move(entry));
  return view;
}

}  // namespace joulebench
