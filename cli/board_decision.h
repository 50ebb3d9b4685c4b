#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "leaderboard/board.h"
#include "leaderboard/store.h"

namespace joulebench {

/// Which entries of a board's tracks are meant.
struct EntryWish {
  std::string name;  // or the first digits (6 at the least) of the id
  std::string team;  // empty: any
  bool all = false;  // several may be meant
};

/// True when it is the entry's name, or the first digits of its id.
bool is_named(const BoardEntry& entry, const std::string& wanted);

/// The one entry of that name on a board.
/// Errors: Error when there is none, or more than one.
const BoardEntry& entry_named(const Board& board, const std::string& wanted);

/// True when a board has an entry that is meant.
bool has_entry(const std::vector<Board>& boards, const EntryWish& wish);

/// What a decision led to.
struct Decided {
  std::int64_t run = 0;
  std::string entry_id;
  std::string name;
  std::string track;
};

/// Decides about the entries that are meant and stores it. Errors: Error when there is none, when
/// several are meant without `all` (it lists them with short ids), or when one cannot be accepted
/// since nothing holds it.
std::vector<Decided> decide(Store& store, const std::vector<Board>& boards, const EntryWish& wish,
                            Decision decision, const std::string& reason,
                            const std::string& at_utc);

/// "is withdrawn", "is back as crash".
std::string outcome_of_decision(Decision decision, const BoardEntry& entry);

}  // namespace joulebench
