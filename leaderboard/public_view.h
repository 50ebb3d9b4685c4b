#pragma once

#include <string>
#include <vector>

#include "core/calendar.h"
#include "leaderboard/board.h"

namespace joulebench {

// What of a board is public at a moment, by the dates of its competition. All that is written for
// the public (pages, JSON, CSV, tables, log) is made from what these functions give.

/// How much of a track is public.
struct PublicTrack {
  enum class Shown {
    all,
    frozen,  // as it stood at `frozen_at`
    hidden   // who takes part; no figure, no rank
  };
  Shown shown = Shown::all;
  std::string frozen_at;   // as Clock::now_utc() writes it
  std::string since_text;  // the date `freeze`, as the competition has it
  std::string until_text;  // the date `publishes`; empty: there is none
};
/// A track with `publishes` alone is hidden until then; with `freeze` it is shown until that and
/// then stands still until `publishes`, for good where that is absent. The instants that are named
/// are still inside: at `freeze` it is live, at `publishes` all is shown.
PublicTrack public_track(const Dates& dates, Instant now);

/// The board as the public sees it at `now`. Errors: those of make_board().
Board make_public_board(const Store& store, const std::string& competition,
                        const std::string& track, Instant now);

/// The events before the first that tells what is not public at `now`: a beginning of the log,
/// whose chain anyone can check. What follows is public when the last track is.
std::vector<LogEvent> public_log(const Store& store, Instant now);

/// The tracks that are not public in full at `now`, in words: "digits/final: hidden until ...".
std::vector<std::string> withheld(const Store& store, Instant now);

/// A text that changes whenever something was stored or a date changes what is public: pages that
/// were written while it was the same are still right.
std::string public_state(const Store& store, Instant now);

}  // namespace joulebench
