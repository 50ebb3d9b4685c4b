#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "campaign/entry_run.h"

namespace joulebench {

/// Blocks that end at most this long before the next are of one session.
constexpr Seconds kLongestBreak{3600};

/// One block that is to run.
struct Turn {
  std::size_t run = 0;  // index into the runs
  int round = 0;        // of its session, 1-based
};

/// A stretch of a campaign without a break: rounds of one block each, which scoring compares within
/// a round. A call that resumes a campaign within kLongestBreak goes on with its session. A longer
/// break, or an entry that joins when the first round is over, begins another one. The baseline has
/// a block in each round of a later session, also where it has all of its own already: through it
/// entries of different sessions are compared.
struct Session {
  std::string id;          // when it began, UTC
  int rounds = 0;          // that have begun
  std::vector<Turn> left;  // in the order in which they run
};

/// The session in which blocks of `runs` that are missing run now. `baseline` is an index into
/// them; `seed` draws the order. A pure function of its arguments.
Session open_session(std::span<const EntryRun* const> runs, std::optional<std::size_t> baseline,
                     std::uint64_t seed, const std::string& now_utc);

}  // namespace joulebench
