#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/record_scorer.h"
#include "campaign/session_job.h"
#include "core/clock.h"
#include "core/competition.h"
#include "leaderboard/store.h"

namespace joulebench {

/// Takes records that machines of the organizer wrote into a campaign's folder to the board, as if
/// they had run here: copied beside the board's others, stored and scored. Idempotent: what is
/// there already, unchanged and scored, is passed over, and a call that was killed is resumed.
class RecordCollector {
 public:
  struct Setting {
    const Competition& competition;
    const Track& track;
    std::string dataset_sha256;
    const RecordScorer& scorer;
    Store& store;
    std::filesystem::path records;  // of the track, beside the board
    const Clock& clock;
    bool scores_anew = false;  // also what is unchanged: the rules may be others
  };
  explicit RecordCollector(const Setting& setting);

  /// The records that a finished session names; result: how many were new or have grown. Errors:
  /// Error naming the file that is missing, altered, out of range or of another campaign; what was
  /// taken in before stays, whole.
  int collect(const JobFolder& folder, const FinishedSession& end);

 private:
  struct Incoming;
  std::vector<Incoming> read(const JobFolder& folder, const FinishedSession& end,
                             std::size_t& next) const;
  void take(std::vector<Incoming>& batch);
  void store(const Incoming& run);

  Setting setting_;
  std::map<std::string, std::string> known_;  // folder of a scored run -> SHA-256 of its record
};

}  // namespace joulebench
