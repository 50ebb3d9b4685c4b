#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "campaign/inbox.h"
#include "campaign/intake_history.h"
#include "campaign/teams.h"
#include "core/calendar.h"
#include "core/competition.h"
#include "leaderboard/store.h"
#include "submissions/submission.h"

namespace joulebench {

// What an upload has to be. Each function says why it is not accepted, or adds what it found to the
// decision.

/// Why an upload is not accepted, and what its sender can do.
struct Refusal {
  std::string reason;
  std::string remedy;
};

/// Who signed: sets `team` and `key`. An archive without a signature passes where the competition
/// takes unsigned ones; a request never does. Errors: those of check_named_signature().
std::optional<Refusal> check_signer(const TakenUpload& taken, const Teams& teams,
                                    const IntakeRules& rules, IntakeDecision& decision);

/// Unpacks an archive into `folder` (ours, empty) and reads the entry: sets `name`, `version`,
/// `entry`, and `team` where nobody signed. Errors: Error for problems of ours, as a full disk.
std::optional<Refusal> read_entry(const std::filesystem::path& archive,
                                  const std::filesystem::path& folder,
                                  const Competition& competition, const Teams& teams,
                                  IntakeDecision& decision, std::optional<Submission>& entry);

/// Which tracks admit an entry by dates and quotas at the time of its receipt: sets `tracks`, and
/// `notes` of those that do not.
std::optional<Refusal> admit_to_tracks(const Submission& entry, const Competition& competition,
                                       const Calendars& calendars, const IntakeHistory& history,
                                       const Store& store, IntakeDecision& decision);

/// A request: sets `kind`, `name` and the entries that it is about. Errors: none of it.
std::optional<Refusal> check_request(const std::filesystem::path& file,
                                     const Competition& competition, const Calendars& calendars,
                                     const IntakeHistory& history, IntakeDecision& decision);

}  // namespace joulebench
