#pragma once

#include <span>
#include <string>
#include <vector>

#include "campaign/participants.h"
#include "core/calendar.h"
#include "core/clock.h"
#include "leaderboard/store.h"

namespace joulebench {

/// An entry as it stands before the dates and quotas of a track.
struct Received {
  std::string team;  // whose quota it takes from
  Instant at;
  /// It was evaluated before and stays admitted. A run that failed through our fault is none.
  bool is_evaluated = false;
};

/// Why each of `entries` is not admitted, in words; empty: it is. Dates are compared with the time
/// of receipt, quotas fill in the order of receipt (days are those of `zone`), what was evaluated
/// first. What is not admitted takes no quota. A pure function of its arguments.
std::vector<std::string> refusals(const Calendar& calendar, const TimeZone& zone,
                                  std::span<const Received> entries);

/// Moves what a track's calendar does not admit from the participants' candidates to its refused
/// ones, and returns these. Baselines are always admitted; what intake took in is admitted as it
/// was decided then. The time of receipt is the one that the board's log holds; entries that it
/// does not know are received now, which is noted. Errors: Error when the store cannot be read or
/// written.
std::vector<Refused> admit(Participants& participants, const Calendars& calendars,
                           const std::string& competition_id, const std::string& track_id,
                           Store& store, const Clock& clock);

}  // namespace joulebench
