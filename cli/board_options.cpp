#include "cli/board_options.h"

#include "core/clock.h"
#include "core/error.h"
#include "leaderboard/public_view.h"

namespace joulebench {

Instant moment_of_publication(const BoardOptions& options) {
  if (options.at.empty()) return parse_instant(SystemClock().now_utc()).value();
  if (const auto at = parse_instant(options.at)) return *at;
  throw Error({.what = "a date cannot be read",
               .where = "--at \"" + options.at + "\"",
               .hint = "write it as in 2026-12-24T18:00:00+01:00 (RFC 3339)"});
}

namespace {

Board board_of(const Store& store, const BoardOptions& options, const std::string& competition,
               const std::string& track) {
  if (!options.for_public) {
    Board board = make_board(store, competition, track);
    read_right_answers(board);
    return board;
  }
  return make_public_board(store, competition, track, moment_of_publication(options));
}

}  // namespace

std::vector<Board> boards_of(const Store& store, const BoardOptions& options) {
  std::vector<std::string> competitions = {options.competition};
  if (options.competition.empty()) competitions = store.competition_ids();
  std::vector<Board> boards;
  for (const std::string& id : competitions) {
    const Competition competition = store.competition(id);
    if (!options.track.empty()) {
      boards.push_back(board_of(store, options, id, competition.track(options.track).id));
      continue;
    }
    for (const Track& track : competition.tracks) {
      Board board = board_of(store, options, id, track.id);
      // A track that nobody has entered yet has no board, unless it is the only one.
      if (!board.entries.empty() || competition.tracks.size() == 1)
        boards.push_back(std::move(board));
    }
  }
  if (boards.empty()) {
    throw Error({.what = "there is no board to show",
                 .where = options.database.string() + ": no run is stored in it yet",
                 .hint = "joulebench evaluate COMPETITION --db " + options.database.string() +
                         " fills it"});
  }
  return boards;
}

}  // namespace joulebench
