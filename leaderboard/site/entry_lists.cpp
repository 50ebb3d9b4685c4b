#include "leaderboard/site/entry_lists.h"

#include "leaderboard/number_text.h"
#include "leaderboard/site/layout.h"

namespace joulebench {
namespace {

void put_identity(Values& row, const BoardView& view, std::size_t entry) {
  const EntryIdentity& identity = view.board.entries[entry].run.record.entry;
  row.text("link", view.place.entry_link(entry)).text("name", identity.name);
  if (!identity.team.empty()) row.text("team", identity.team);
}

std::vector<Values> held_rows(const BoardView& view, std::size_t most) {
  std::vector<Values> list;
  for (const HeldEntry& one : view.board.held) {
    if (list.size() == most) break;
    std::vector<Values> evidence;
    for (const Flag& flag : one.evidence) {
      evidence.emplace_back().text("name", flag.name).text("detail", flag.detail);
    }
    Values& row = list.emplace_back();
    put_identity(row, view, one.entry);
    row.list("evidence", std::move(evidence));
  }
  return list;
}

std::vector<Values> unranked_rows(const BoardView& view, std::size_t most) {
  std::vector<Values> list;
  for (const UnrankedEntry& one : view.board.ranking.unranked) {
    if (list.size() == most) break;
    const BoardEntry& entry = view.board.entries[one.score];
    const std::string standing = standing_of(entry);
    Values& row = list.emplace_back();
    put_identity(row, view, one.score);
    row.text("outcome", view.look.say(standing == "valid" ? "not ranked" : standing))
        .text("reason", one.reason);
    if (const std::string log = log_of(entry.run.record); !log.empty()) row.text("log", log);
  }
  return list;
}

}  // namespace

std::string entry_lists(const BoardView& view, bool is_short) {
  const Board& board = view.board;
  const std::size_t most = is_short ? kMostUnranked / 4 : static_cast<std::size_t>(-1);
  std::vector<Values> refused;
  for (const RefusedEntry& one : board.refused) {
    if (refused.size() == most) break;
    refused.emplace_back().text("name", one.name).text("reason", one.reason);
  }
  const auto count = [](std::size_t number) { return grouped(std::to_string(number)); };
  Values values;
  values.flag("is_short", is_short)
      .flag("has_held", !board.held.empty())
      .text("held_count", count(board.held.size()))
      .list("held", held_rows(view, most))
      .flag("has_unranked", !board.ranking.unranked.empty())
      .text("unranked_count", count(board.ranking.unranked.size()))
      .list("unranked", unranked_rows(view, most))
      .text("refused_count", count(board.refused.size()))
      .list_with_flag("refused", std::move(refused));
  return view.look.render("entry_lists.mustache", values);
}

}  // namespace joulebench
