#include "cli/board_options.h"

#include "core/error.h"

namespace joulebench {

std::vector<Board> boards_of(const Store& store, const BoardOptions& options) {
  std::vector<std::string> competitions = {options.competition};
  if (options.competition.empty()) competitions = store.competition_ids();
  std::vector<Board> boards;
  for (const std::string& id : competitions) {
    const Competition competition = store.competition(id);
    if (!options.track.empty()) {
      boards.push_back(make_board(store, id, competition.track(options.track).id));
      continue;
    }
    for (const Track& track : competition.tracks) {
      Board board = make_board(store, id, track.id);
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
