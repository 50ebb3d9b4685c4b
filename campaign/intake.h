#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "campaign/entry_trial.h"
#include "campaign/inbox.h"
#include "campaign/intake_history.h"
#include "campaign/teams.h"
#include "core/clock.h"
#include "core/competition.h"
#include "leaderboard/store.h"

namespace joulebench {

/// Where accepted archives are kept: NAME.archives/ beside NAME.db.
std::filesystem::path archives_of(const std::filesystem::path& database);

/// How a competition's uploads are taken in. What it refers to must outlive the intake.
struct IntakeSetting {
  const Competition& competition;
  std::filesystem::path database;
  std::filesystem::path inbox;
  Clock& clock;
  EntryTrial trial;            // of each track that admits an entry; empty: none is made
  Seconds settle{2};           // without a change before an upload is looked at
  Seconds signature_wait{60};  // that a signature may come after its file
  /// When an upload arrived; empty: by the file system's clock, and never later than now.
  std::function<Instant(const Upload&)> arrival;
  std::function<bool()> stopped;
};

/// What a look at the inbox did.
struct IntakePass {
  std::size_t accepted = 0;
  std::size_t refused = 0;
  std::size_t known = 0;              // decided before
  std::size_t waiting = 0;            // still being written, or without their signature yet
  std::vector<std::string> notes;     // of things that were left alone
  std::vector<std::string> problems;  // ours: these are looked at again
};

/// Decides about every upload of an inbox, once: by its content, its signature and the time of its
/// receipt. Each decision is an event of the log and a receipt beside the upload; a receipt that is
/// missing, as after a crash, is written again from the log. One intake at a time has a database.
class Intake {
 public:
  /// Called with each decision that is new.
  using OnDecision = std::function<void(const IntakeDecision&)>;

  /// Errors: Error when the inbox or the list of teams cannot be read, another intake runs, or the
  /// competition takes neither signed nor unsigned archives.
  Intake(IntakeSetting setting, Store& store);

  /// One look at the inbox. Errors: Error when the clock is behind the log, or the store cannot be
  /// written; Interrupted.
  IntakePass pass(const OnDecision& on_decision);

 private:
  void look_at(const Upload& upload, IntakePass& pass, const OnDecision& on_decision);
  IntakeDecision decide(const Upload& upload, const TakenUpload& taken,
                        const std::filesystem::path& copy, IntakeDecision decision);
  void decide_entry(const std::filesystem::path& copy, IntakeDecision& decision);
  void decide_request(const std::filesystem::path& copy, IntakeDecision& decision);
  std::string now() const;
  std::string arrival_of(const Upload& upload) const;

  IntakeSetting setting_;
  Store& store_;
  Inbox inbox_;
  std::filesystem::path archives_;
  FileDescriptor lock_;
  Teams teams_;
  Calendars calendars_;
  std::unique_ptr<IntakeHistory> history_;
  std::map<std::string, std::string> seen_;  // upload -> its stamp when it was decided
};

}  // namespace joulebench
