#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/record_scorer.h"
#include "leaderboard/board.h"

namespace joulebench {

/// A record's folder to be looked at.
struct RecordViewRequest {
  std::filesystem::path folder;
  std::optional<Competition> competition;  // absent: what the record says of its track
  std::filesystem::path datasets;          // looked in first; empty: only the usual places
  ScorerCallbacks scorer;
};

struct RecordView {
  Board board;                     // of one entry, as if nobody else had handed in
  std::vector<std::string> notes;  // what could not be computed, and why
};

/// The file that `run` leaves beside run.json, for where the labels are not at hand.
inline constexpr const char* kScoreFile = "score.json";

/// Reads a record and scores it: by the labels of its dataset where they are here, else by the
/// score that `run` left in its folder. Errors: Error when there is no record that can be read.
RecordView view_record(const RecordViewRequest& request);

}  // namespace joulebench
