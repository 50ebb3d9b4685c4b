#include "campaign/competition_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/entry_environment.h"
#include "campaign/entry_trial.h"
#include "campaign/failure_advice.h"
#include "campaign/participants.h"
#include "campaign/plan.h"
#include "campaign/teams.h"
#include "core/error.h"
#include "core/text.h"
#include "datasets/labels.h"
#include "harness/sandbox/support_report.h"
#include "scoring/power.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

// "5 days", "1 hour": the largest unit that fits.
std::string time_between(Instant from, Instant to) {
  const std::int64_t minutes =
      std::max<std::int64_t>(0, to.milliseconds - from.milliseconds) / 60'000;
  const auto in = [](std::int64_t count, const char* unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  if (minutes >= 2 * 24 * 60) return in(minutes / (24 * 60), "day");
  if (minutes >= 2 * 60) return in(minutes / 60, "hour");
  return in(minutes, "minute");
}

std::string one_line(const Error& error) {
  std::string text = error.parts().what + ": " + error.parts().where;
  if (!error.parts().hint.empty()) text += " (" + error.parts().hint + ")";
  return text;
}

// "all 20 answers right would prove less at 95 % confidence"
std::string unprovable_words(const Track& track, std::uint64_t samples) {
  return fmt::format("all {} answers right would prove less at {} % confidence", samples,
                     percent_text(track.ranking.floor_confidence));
}

void check_floors(TrackCheck& check) {
  const Track& track = check.track;
  // Only a share of right answers has a bound that the number of samples alone decides.
  if (track.metric.name != "accuracy" || check.hidden_samples == 0) return;
  for (const double floor : floors_to_prove(track)) {
    const auto right =
        right_answers_to_prove(floor, check.hidden_samples, track.ranking.floor_confidence);
    check.floors.push_back({floor, right});
    if (right) continue;
    check.problems.push_back(
        fmt::format("nobody can meet the floor of {} %: {}; lower it, or take a larger test part",
                    percent_text(floor), unprovable_words(track, check.hidden_samples)));
  }
}

void check_dataset(TrackCheck& check, const MeasuringOptions& options) {
  try {
    const LabelledDataset labelled = open_dataset(
        check.track.dataset, dataset_locations(options.datasets, options.competition_file));
    check.title_of_dataset = labelled.dataset.title;
    check.hidden_samples = labelled.hidden_labels.size();
    check.public_samples = labelled.dataset.public_labels.size();
    require_scorable(labelled.dataset, check.track.metric);
  } catch (const Error& error) {
    check.problems.push_back(one_line(error));
  }
}

// Each is built and tried as an entry's author would; what fails here fails in the night too.
void try_baseline(TrackCheck& check, const Competition& competition,
                  const MeasuringOptions& options, const Submission& baseline) {
  if (options.on_phase) options.on_phase("trying " + printable(baseline.name, 80));
  try {
    const Conformance found =
        try_entry(competition, options, baseline, check.track, TrialSearch::where_labels_are_secret)
            .found;
    if (found.outcome == Outcome::valid) {
      check.tried.push_back(baseline.name);
      return;
    }
    const Failure failure{.outcome = found.outcome,
                          .message = found.message,
                          .log_tail = found.log_tail,
                          .folder = baseline.folder};
    std::string problem =
        fmt::format("the baseline {} fails: {}: {}", baseline.name, found.failed, found.message);
    for (const std::string& advice : advice_on(failure, check.track)) problem += "; " + advice;
    check.problems.push_back(std::move(problem));
  } catch (const Error& error) {
    check.notes.push_back(fmt::format("on this machine the baseline {} cannot be tried: {}",
                                      baseline.name, one_line(error)));
  }
}

// A record's size hardly depends on the entry: readings of the meters, and one pass in many.
void check_disk(TrackCheck& check, const Competition& competition) {
  constexpr std::uint64_t kBytesPerBlock = 1'000'000;
  check.bytes_per_entry = kBytesPerBlock * static_cast<std::uint64_t>(check.track.protocol.blocks);
  std::error_code unknown;
  const auto space =
      std::filesystem::space(std::filesystem::absolute(competition.file).parent_path(), unknown);
  if (unknown) return;
  check.free_bytes = space.available;
  constexpr std::uint64_t kFewEntries = 10;
  if (space.available < kFewEntries * check.bytes_per_entry) {
    check.problems.push_back(
        fmt::format("the disk has {} MB free: records of an entry take about {} MB",
                    space.available / kMegabyte, check.bytes_per_entry / kMegabyte));
  }
}

void check_entries(TrackCheck& check, const Competition& competition,
                   const MeasuringOptions& options, bool runs_baselines) {
  if (check.track.baselines.empty()) {
    check.notes.push_back(
        "there is no baseline: drift cannot be seen, and entries of different sessions are not "
        "compared");
  }
  try {
    const Participants participants = gather_participants(competition, check.track, {});
    for (const Candidate& candidate : participants.candidates) {
      if (!candidate.is_baseline) continue;
      check.baselines.push_back(candidate.submission.name);
      if (runs_baselines && check.problems.empty()) {
        try_baseline(check, competition, options, candidate.submission);
      }
    }
    if (check.baselines.size() < check.track.baselines.size()) {
      check.problems.push_back(fmt::format("of {} baselines {} can be read and enter the track",
                                           check.track.baselines.size(), check.baselines.size()));
    }
    for (const Refused& refused : participants.refused) {
      check.notes.push_back("an entry cannot be read: " +
                            public_reason(refused.reason, refused.path));
    }
  } catch (const Error& error) {
    // Entries come later; a baseline must be there.
    (check.track.baselines.empty() ? check.notes : check.problems).push_back(one_line(error));
  }
}

// What entries run in; each is said once, on the first track.
void check_environments(TrackCheck& check, const Competition& competition,
                        const MeasuringOptions& options) {
  const EnvironmentStore store(options.environments.empty() ? EnvironmentStore::default_folder()
                                                            : options.environments);
  for (const OfferedEnvironment& offered : competition.environments) {
    if (offered.name == kHostEnvironment) continue;
    try {
      open_offered(store, offered);
    } catch (const Error& error) {
      check.notes.push_back("on this machine: " + one_line(error));
    }
  }
}

void check_limits(TrackCheck& check) {
  const SandboxSupport support = sandbox_support();
  if (!support.works) check.notes.push_back("on this machine no sandbox works: " + support.problem);
  for (const SandboxSupport::Limit& limit : support.limits) {
    if (limit.enough_to_rank) continue;
    check.notes.push_back("on this machine the limit on " + limit.name +
                          " cannot be enforced as ranks ask for: joulebench doctor says how");
  }
}

void check_machine(TrackCheck& check, const MeasuringOptions& options) {
  try {
    const Measuring measuring(options, check.track);
    check.can_be_measured_here = true;
    if (measuring.is_modelled()) check.notes.push_back("energy would be modelled, not measured");
  } catch (const Error& error) {
    check.notes.push_back("on this machine: " + one_line(error));
  }
}

}  // namespace

void require_provable_floors(const Track& track, std::uint64_t samples) {
  if (track.metric.name != "accuracy" || samples == 0) return;
  for (const double floor : floors_to_prove(track)) {
    if (right_answers_to_prove(floor, samples, track.ranking.floor_confidence)) continue;
    throw Error({.what = "nobody can meet a floor of this track",
                 .where = fmt::format("track '{}': field 'ranking.floors': {:g}: {}", track.id,
                                      floor, unprovable_words(track, samples)),
                 .hint = "lower it, or take a larger test part"});
  }
}

std::vector<std::string> calendar_in_words(const Calendar& calendar, const TimeZone& zone,
                                           std::optional<Instant> now) {
  std::vector<std::string> words;
  const Dates& dates = calendar.dates;
  const auto when = [&](const Date& date) {
    if (!now) return date.text;
    return date.text + (date.at >= *now ? ", in " + time_between(*now, date.at)
                                        : ", " + time_between(date.at, *now) + " ago");
  };
  if (dates.opens) words.push_back("entries are taken from " + when(*dates.opens));
  if (dates.freeze) words.push_back("the public board stands still from " + when(*dates.freeze));
  if (dates.closes) words.push_back("entries are taken until " + when(*dates.closes));
  if (dates.publishes) words.push_back("results are shown from " + when(*dates.publishes));
  if (!dates.opens && !dates.closes) words.push_back("entries are taken at any time");
  const Quotas& quotas = calendar.quotas;
  if (quotas.per_day) {
    words.push_back(
        fmt::format("a team may hand in {} a day, of {}", *quotas.per_day, zone.name()));
  }
  if (quotas.total) words.push_back(fmt::format("a team may hand in {} in all", *quotas.total));
  return words;
}

namespace {

void check_calendar(TrackCheck& check, const Calendar& calendar) {
  if (!calendar.dates.freeze || calendar.dates.publishes) return;
  check.notes.push_back("the public board stands still for good from " +
                        calendar.dates.freeze->text + ": a date 'publishes' would say until when");
}

/// Of the competition as a whole: said of its first track.
void check_teams(TrackCheck& check, const Competition& competition) {
  try {
    read_teams(competition);
  } catch (const Error& error) {
    check.problems.push_back(error.parts().what + ": " + error.parts().where);
  }
}

}  // namespace

std::vector<TrackCheck> check_competition(const Competition& competition,
                                          const MeasuringOptions& options,
                                          const std::string& now_utc, bool runs_baselines) {
  const Calendars calendars = parse_calendars(competition.text, competition.file.string());
  const Instant now = parse_instant(now_utc).value();
  std::vector<TrackCheck> checks;
  for (const Track& track : competition.tracks) {
    TrackCheck& check = checks.emplace_back();
    check.track = track;
    const auto known = calendars.tracks.find(track.id);
    const Calendar calendar = known == calendars.tracks.end() ? Calendar{} : known->second;
    check.calendar = calendar_in_words(calendar, calendars.time_zone, now);
    check_calendar(check, calendar);
    if (checks.size() == 1) check_teams(check, competition);
    check_dataset(check, options);
    check_floors(check);
    check_entries(check, competition, options, runs_baselines);
    check_disk(check, competition);
    check.time_per_entry = expected_block_time(track) * track.protocol.blocks;
    if (check.problems.empty()) check_machine(check, options);
    if (checks.size() > 1) continue;
    check_environments(check, competition, options);
    check_limits(check);
  }
  return checks;
}

}  // namespace joulebench
