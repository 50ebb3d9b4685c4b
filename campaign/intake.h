#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "campaign/entry_trial.h"
#include "campaign/inbox.h"
#include "campaign/intake_history.h"
#include "campaign/teams.h"
#include "campaign/upload_rules.h"
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
  EntryTrial trial;             // of each track that admits an entry; empty: none is made
  unsigned trials_at_once = 1;  // by a thread each
  Seconds settle{2};            // without a change before an upload is looked at
  Seconds signature_wait{60};   // that a signature may come after its file
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
/// receipt, in the order of receipt. Trials of several run at once; one that fails beside others is
/// tried once more by itself. Each decision is an event of the log and a receipt beside the upload;
/// a receipt that is missing, as after a crash, is written again from the log. One intake at a time
/// has a database.
class Intake {
 public:
  /// Called with each decision that is new.
  using OnDecision = std::function<void(const IntakeDecision&)>;

  /// Errors: Error when the inbox or the list of teams cannot be read, another intake runs, or the
  /// competition takes neither signed nor unsigned archives.
  Intake(IntakeSetting setting, Store& store);
  ~Intake();

  /// One look at the inbox. Errors: Error when the clock is behind the log, or the store cannot be
  /// written; Interrupted.
  IntakePass pass(const OnDecision& on_decision);

 private:
  struct Pending;  // an upload that is looked at, until it is decided

  std::unique_ptr<Pending> take(const Upload& upload, IntakePass& pass);
  void look_into(Pending& pending);
  std::optional<Refusal> admit(Pending& pending) const;
  void begin_trial(Pending& pending);
  std::optional<Refusal> try_on(const Submission& entry,
                                const std::vector<std::string>& tracks) const;
  std::optional<Refusal> end_trial(Pending& pending) const;
  void conclude(Pending& pending, IntakePass& pass, const OnDecision& on_decision);
  void decide(Pending& pending);
  std::optional<IntakeDecision> known_answer(const Pending& pending) const;
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
  std::map<std::string, std::string> seen_;       // upload -> its stamp when it was decided
  std::deque<std::unique_ptr<Pending>> pending_;  // by receipt
  unsigned copies_ = 0;
};

}  // namespace joulebench
