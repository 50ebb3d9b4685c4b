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

/// What collect() did.
struct Collected {
  int taken = 0;                     // records that were new or have grown
  std::vector<std::string> refused;  // in words, one of each record that could not be taken
};

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

  /// The records that a finished session names. One whose file is missing, altered, out of range or
  /// of another campaign is refused; the others are taken, by batches, each whole or not at all.
  /// Errors: Error when the board or its disk does not take them.
  Collected collect(const JobFolder& folder, const FinishedSession& end);

 private:
  struct Incoming;
  void prepare(Incoming& run) const;
  void read(Incoming& run) const;
  void copy(Incoming& run) const;
  void publish(const std::vector<Incoming*>& batch);

  Setting setting_;
  std::map<std::string, std::string> known_;  // folder of a scored run -> SHA-256 of its record
};

}  // namespace joulebench
