#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "campaign/measuring.h"
#include "core/calendar.h"
#include "core/competition.h"

namespace joulebench {

/// What can be said of a track before its first night.
struct TrackCheck {
  struct Floor {
    double floor = 0;
    std::optional<std::uint64_t> right_answers;  // that prove it; absent: not even all of them do
  };

  Track track;
  std::string title_of_dataset;
  std::uint64_t hidden_samples = 0;
  std::uint64_t public_samples = 0;
  std::vector<std::string> baselines;       // their names
  std::vector<std::string> tried;           // those that passed every step of the protocol just now
  std::vector<Floor> floors;                // of a metric that is a share of right answers
  std::vector<std::string> calendar;        // dates and quotas, a sentence each
  std::vector<std::string> problems;        // the competition cannot run, or a floor cannot be met
  std::vector<std::string> notes;           // it can, but somebody should know
  std::uint64_t bytes_per_entry = 0;        // of records on disk, about
  std::optional<std::uint64_t> free_bytes;  // beside the competition file; absent: not known
  Seconds time_per_entry{0};  // of all its blocks, as a rule; of trainings the most they may take
  bool can_be_measured_here = false;  // the energy that the track asks for; else a note says why
};

/// Of a test part of so many samples. Errors: Error naming the track, a floor that nobody can prove
/// to meet, and what would help.
void require_provable_floors(const Track& track, std::uint64_t samples);

/// Looks for all that can be found before the first night: dataset and labels, baselines, floors
/// that the test part can prove, dates and quotas; of this machine energy meters, limits that can
/// be enforced, environments and disk space. With `runs_baselines` each baseline is built and tried
/// once, as submission check does it; hold the machine's lock then. One bad track hides nothing of
/// the others. Errors: Error when the calendar cannot be read; Interrupted.
std::vector<TrackCheck> check_competition(const Competition& competition,
                                          const MeasuringOptions& options,
                                          const std::string& now_utc, bool runs_baselines);

/// A track's dates and quotas in sentences, and how they stand at `now`; absent: only the dates.
std::vector<std::string> calendar_in_words(const Calendar& calendar, const TimeZone& zone,
                                           std::optional<Instant> now);

}  // namespace joulebench
