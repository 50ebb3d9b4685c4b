#include "cli/board_decision.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/nearest_name.h"
#include "core/text.h"

namespace joulebench {
namespace {

constexpr std::size_t kShortId = 8;

struct Named {
  const Board* board;
  const BoardEntry* entry;
};

std::vector<Named> named(const std::vector<Board>& boards, const EntryWish& wish) {
  std::vector<Named> found;
  for (const Board& board : boards) {
    for (const BoardEntry& entry : board.entries) {
      const EntryIdentity& identity = entry.run.record.entry;
      if (!is_named(entry, wish.name)) continue;
      // Another version is meant by its id only.
      if (entry.state == EntryState::superseded && identity.name == wish.name && !wish.all)
        continue;
      if (!wish.team.empty() && identity.team != wish.team) continue;
      found.push_back({&board, &entry});
    }
  }
  return found;
}

std::string line_of(const Named& one) {
  const RunRecord& record = one.entry->run.record;
  return fmt::format("{}  {}, team {}, track {}, node {}: {}", record.entry.id.substr(0, kShortId),
                     printable(record.entry.name, 80),
                     record.entry.team.empty() ? "(none)" : printable(record.entry.team, 80),
                     one.board->track.id, printable(record.node_before.hostname, 80),
                     standing_of(*one.entry));
}

/// Names the nearest entry of the team, else the nearest team.
[[noreturn]] void fail_unknown(const std::vector<Board>& boards, const EntryWish& wish) {
  std::vector<std::string> names, teams;
  for (const Board& board : boards) {
    for (const BoardEntry& entry : board.entries) {
      const EntryIdentity& identity = entry.run.record.entry;
      teams.push_back(identity.team);
      if (identity.team == wish.team) names.push_back(identity.name);
    }
  }
  const std::string near =
      nearest_name(names.empty() ? wish.team : wish.name, names.empty() ? teams : names);
  throw Error({.what = "there is no such entry",
               .where = fmt::format("'{}' of team '{}'", wish.name, wish.team),
               .hint = near.empty() ? "joulebench board show lists them"
                                    : fmt::format("did you mean {}'{}'?",
                                                  names.empty() ? "team " : "", near)});
}

void require_one(const std::vector<Named>& found, const EntryWish& wish) {
  if (found.size() < 2 || wish.all) return;
  std::string lines = fmt::format("'{}' names {} entries:", printable(wish.name, 80), found.size());
  for (const Named& one : found) lines += "\n    " + line_of(one);
  throw Error({.what = "several entries have this name",
               .where = std::move(lines),
               .hint = "name one by the first digits of its id, with --team or --track, or say "
                       "--all"});
}

}  // namespace

bool is_named(const BoardEntry& entry, const std::string& wanted) {
  const EntryIdentity& identity = entry.run.record.entry;
  return identity.name == wanted || (wanted.size() >= 6 && identity.id.starts_with(wanted));
}

const BoardEntry& entry_named(const Board& board, const std::string& wanted) {
  const BoardEntry* found = nullptr;
  std::vector<std::string> known;
  for (const BoardEntry& entry : board.entries) {
    known.push_back(entry.run.record.entry.name);
    if (!is_named(entry, wanted)) continue;
    if (entry.state == EntryState::superseded && entry.run.record.entry.name == wanted) continue;
    if (found != nullptr) {
      throw Error({.what = "more than one entry has this name",
                   .where = "track " + board.track.id + ": '" + wanted + "'",
                   .hint = "name it by the first digits of its id"});
    }
    found = &entry;
  }
  if (found != nullptr) return *found;
  const std::string near = nearest_name(wanted, known);
  throw Error(
      {.what = "there is no such entry",
       .where = "track " + board.track.id + ": '" + wanted + "'",
       .hint = near.empty() ? "joulebench board show lists them" : "did you mean '" + near + "'?"});
}

bool has_entry(const std::vector<Board>& boards, const EntryWish& wish) {
  return !named(boards, wish).empty();
}

std::vector<Decided> decide(Store& store, const std::vector<Board>& boards, const EntryWish& wish,
                            Decision decision, const std::string& reason,
                            const std::string& at_utc) {
  const std::vector<Named> found = named(boards, wish);
  if (found.empty() && !wish.team.empty()) fail_unknown(boards, wish);
  if (found.empty()) entry_named(boards.front(), wish.name);  // says which name is near
  require_one(found, wish);
  std::vector<Decided> decided;
  for (const Named& one : found) {
    const StoredRun& run = one.entry->run;
    if (decision == Decision::accepted && one.entry->state != EntryState::unverified) {
      if (wish.all) continue;
      throw Error({.what = "nothing holds this entry",
                   .where = line_of(one),
                   .hint = "joulebench board restore takes back withdraw and disqualify"});
    }
    store.decide(run.id, decision, reason, at_utc);
    decided.push_back({run.id, run.record.entry.id, run.record.entry.name, one.board->track.id});
  }
  return decided;
}

std::string outcome_of_decision(Decision decision, const BoardEntry& entry) {
  if (decision == Decision::withdrawn || decision == Decision::disqualified) {
    return std::string("is ") + to_string(decision);
  }
  return std::string("is back as ") + standing_of(entry);
}

}  // namespace joulebench
