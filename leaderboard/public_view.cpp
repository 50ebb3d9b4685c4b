#include "leaderboard/public_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace joulebench {
namespace {

using nlohmann::json;
using TrackName = std::pair<std::string, std::string>;  // competition and track

PublicTrack public_track(const Competition& competition, const std::string& track, Instant now) {
  const Calendars calendars = parse_calendars(competition.text, competition.file.string());
  const auto calendar = calendars.tracks.find(track);
  return calendar == calendars.tracks.end() ? PublicTrack{}
                                            : public_track(calendar->second.dates, now);
}

/// Who takes part, and nothing that a figure could be read or guessed from.
void hide(Board& board, const PublicTrack& track) {
  board.ranking.sections.clear();
  board.ranking.unranked.clear();
  board.ranking.joined.clear();
  board.ranking.place_of.clear();
  board.held.clear();
  board.superseded.clear();
  board.carbon.reset();
  const std::string reason = "results are shown from " + track.until_text;
  for (std::size_t i = 0; i < board.entries.size(); ++i) {
    const BoardEntry& whole = board.entries[i];
    BoardEntry shown;
    shown.run.id = whole.run.id;
    shown.run.record.competition_id = whole.run.record.competition_id;
    shown.run.record.track = board.track;
    shown.run.record.entry = whole.run.record.entry;
    shown.run.record.node_before.hostname = whole.run.record.node_before.hostname;
    shown.run.record.outcome = Outcome::infrastructure;
    shown.run.record.message = reason;
    shown.received_at_utc = whole.received_at_utc;
    board.entries[i] = std::move(shown);
    board.ranking.unranked.push_back({.score = i, .reason = reason});
  }
}

std::string note_of(const PublicTrack& track) {
  const std::string until =
      track.until_text.empty() ? "the organizer publishes the results" : track.until_text;
  if (track.shown == PublicTrack::Shown::hidden) return "results are shown from " + until;
  if (track.shown == PublicTrack::Shown::frozen) {
    return "this board stands still since " + track.since_text + ", until " + until;
  }
  return {};
}

/// Which track each run of the log is of, as far as its events were read.
class RunTracks {
 public:
  /// The track that an event tells of; both names empty: of none.
  TrackName track_of(const LogEvent& event) {
    if (event.kind == "run" || event.kind == "refused") {
      const json detail = json::parse(event.detail);
      TrackName name{detail.value("competition", ""), detail.value("track", "")};
      if (event.kind == "run") tracks_[detail.value("run", std::int64_t{0})] = name;
      return name;
    }
    if (event.kind == "score" || event.kind == "decision") {
      return tracks_[json::parse(event.detail).value("run", std::int64_t{0})];
    }
    return {};
  }

 private:
  std::map<std::int64_t, TrackName> tracks_;
};

struct Withheld {
  std::string from;  // no event after this moment; empty: no such moment
  std::set<TrackName> tracks;
  std::vector<std::string> words;
};

Withheld withheld_of(const Store& store, Instant now) {
  Withheld all;
  for (const std::string& id : store.competition_ids()) {
    const Competition competition = store.competition(id);
    for (const Track& one : competition.tracks) {
      const PublicTrack track = public_track(competition, one.id, now);
      if (track.shown == PublicTrack::Shown::all) continue;
      all.words.push_back(fmt::format("{}/{}: {}", id, one.id, note_of(track)));
      if (track.shown == PublicTrack::Shown::hidden) {
        all.tracks.insert({id, one.id});
      } else if (all.from.empty() || track.frozen_at < all.from) {
        all.from = track.frozen_at;
      }
    }
  }
  return all;
}

}  // namespace

PublicTrack public_track(const Dates& dates, Instant now) {
  PublicTrack track;
  if (dates.publishes) track.until_text = dates.publishes->text;
  if (dates.publishes && now >= dates.publishes->at) return track;
  if (dates.freeze) {
    track.since_text = dates.freeze->text;
    track.frozen_at = to_utc_text(dates.freeze->at);
    if (now > dates.freeze->at) track.shown = PublicTrack::Shown::frozen;
    return track;
  }
  if (dates.publishes) track.shown = PublicTrack::Shown::hidden;
  return track;
}

Board make_public_board(const Store& store, const std::string& competition,
                        const std::string& track, Instant now) {
  const PublicTrack shown = public_track(store.competition(competition), track, now);
  Board board =
      make_board(store, competition, track,
                 shown.shown == PublicTrack::Shown::frozen ? shown.frozen_at : std::string());
  if (shown.shown == PublicTrack::Shown::hidden) hide(board, shown);
  read_right_answers(board);
  board.note = note_of(shown);
  if (withheld(store, now).empty()) return board;  // its head is the store's
  const std::vector<LogEvent> log = public_log(store, now);
  board.head = log.empty() ? LogEvent{} : log.back();
  return board;
}

std::vector<LogEvent> public_log(const Store& store, Instant now) {
  const Withheld all = withheld_of(store, now);
  std::vector<LogEvent> log = store.log();
  if (all.from.empty() && all.tracks.empty()) return log;
  RunTracks runs;
  const auto first = std::find_if(log.begin(), log.end(), [&](const LogEvent& event) {
    if (!all.from.empty() && event.at_utc > all.from) return true;
    // An older version's tables are told as a whole: nothing says of which tracks.
    if (event.kind == "migrate") return true;
    return all.tracks.contains(runs.track_of(event));
  });
  log.erase(first, log.end());
  return log;
}

std::vector<std::string> withheld(const Store& store, Instant now) {
  return withheld_of(store, now).words;
}

std::string public_state(const Store& store, Instant now) {
  std::string state = store.head().sha256;
  for (const std::string& one : withheld(store, now)) state += "\n" + one;
  return state;
}

}  // namespace joulebench
