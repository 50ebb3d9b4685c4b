#include "campaign/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "core/error.h"

namespace joulebench {
namespace {

// What each team has used of its quotas.
class UsedQuotas {
 public:
  UsedQuotas(const Quotas& quotas, const TimeZone& zone) : quotas_(quotas), zone_(zone) {}

  void use(const Received& entry) {
    ++total_[entry.team];
    ++of_day_[{entry.team, zone_.day_of(entry.at)}];
  }
  // Why there is no room for one more; empty: there is.
  std::string full(const Received& entry) const {
    const std::string day = zone_.day_of(entry.at);
    if (quotas_.total && count(total_, entry.team) >= *quotas_.total) {
      return fmt::format("team '{}' has handed in the {} entries that it may on this track",
                         entry.team, *quotas_.total);
    }
    if (quotas_.per_day && count(of_day_, {entry.team, day}) >= *quotas_.per_day) {
      return fmt::format("team '{}' has handed in the {} entries that it may on {} ({})",
                         entry.team, *quotas_.per_day, day, zone_.name());
    }
    return {};
  }

 private:
  template <class Key>
  static int count(const std::map<Key, int>& counts, const Key& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  }

  const Quotas& quotas_;
  const TimeZone& zone_;
  std::map<std::string, int> total_;
  std::map<std::pair<std::string, std::string>, int> of_day_;  // team and day
};

std::string out_of_time(const Dates& dates, Instant at) {
  if (dates.opens && at < dates.opens->at) {
    return "received before the track opens: " + dates.opens->text;
  }
  if (dates.closes && at > dates.closes->at) {
    return "received after the track closed: " + dates.closes->text;
  }
  return {};
}

/// What intake decided about each entry when it was received, by id.
std::map<std::string, IntakeDecision> taken_in(const Store& store, const std::string& competition) {
  std::map<std::string, IntakeDecision> accepted;
  for (IntakeDecision& one : store.intake(competition)) {
    if (one.accepted && one.kind == UploadKind::entry) accepted.emplace(one.entry, std::move(one));
  }
  return accepted;
}

/// Why an entry that was taken in does not run on a track; empty: it does.
std::string not_admitted(const IntakeDecision& decision, const std::string& track) {
  const auto& tracks = decision.tracks;
  if (std::find(tracks.begin(), tracks.end(), track) != tracks.end()) return {};
  for (const std::string& note : decision.notes) {
    if (note.starts_with("not on track '" + track + "'")) return note;
  }
  return "it was not admitted to this track when it was received";
}

bool was_evaluated(const std::vector<StoredRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const StoredRun& run) {
    return run.record.outcome != Outcome::infrastructure;
  });
}

}  // namespace

std::vector<std::string> refusals(const Calendar& calendar, const TimeZone& zone,
                                  std::span<const Received> entries) {
  std::vector<std::string> reasons(entries.size());
  UsedQuotas used(calendar.quotas, zone);
  for (const Received& entry : entries) {
    if (entry.is_evaluated) used.use(entry);
  }
  std::vector<std::size_t> in_order(entries.size());
  std::iota(in_order.begin(), in_order.end(), std::size_t{0});
  std::stable_sort(in_order.begin(), in_order.end(), [entries](std::size_t a, std::size_t b) {
    return entries[a].at < entries[b].at;
  });
  for (const std::size_t i : in_order) {
    const Received& entry = entries[i];
    if (entry.is_evaluated) continue;
    reasons[i] = out_of_time(calendar.dates, entry.at);
    if (reasons[i].empty()) reasons[i] = used.full(entry);
    if (reasons[i].empty()) used.use(entry);
  }
  return reasons;
}

std::vector<Refused> admit(Participants& participants, const Calendars& calendars,
                           const std::string& competition_id, const std::string& track_id,
                           Store& store, const Clock& clock) {
  const std::map<std::string, IntakeDecision> decided = taken_in(store, competition_id);
  std::vector<Received> received;
  for (const Candidate& candidate : participants.candidates) {
    if (candidate.is_baseline || decided.contains(candidate.submission.id)) continue;
    const Submission& entry = candidate.submission;
    const std::string at = store.received_at(competition_id, entry.id, clock.now_utc());
    // Without a team each entry is of its own.
    received.push_back(
        {.team = entry.team.empty() ? entry.name : entry.team,
         .at = instant_of(at),
         .is_evaluated = was_evaluated(store.find_runs(competition_id, track_id, entry.id))});
  }
  const auto calendar = calendars.tracks.find(track_id);
  const auto reasons = refusals(calendar == calendars.tracks.end() ? Calendar{} : calendar->second,
                                calendars.time_zone, received);
  std::vector<Refused> refused;
  std::vector<Candidate> admitted;
  auto next = reasons.begin();
  for (Candidate& candidate : participants.candidates) {
    const auto known = decided.find(candidate.submission.id);
    std::string reason;
    if (!candidate.is_baseline) {
      reason = known != decided.end() ? not_admitted(known->second, track_id) : *next++;
    }
    if (reason.empty()) {
      admitted.push_back(std::move(candidate));
    } else {
      refused.push_back({candidate.source, std::move(reason)});
    }
  }
  participants.candidates = std::move(admitted);
  participants.refused.insert(participants.refused.end(), refused.begin(), refused.end());
  return refused;
}

}  // namespace joulebench
