#include "campaign/session.h"

#include <algorithm>

#include "campaign/campaign.h"
#include "core/calendar.h"

namespace joulebench {
namespace {

const BlockRecord* latest_block(std::span<const EntryRun* const> runs) {
  const BlockRecord* latest = nullptr;
  for (const EntryRun* run : runs) {
    for (const BlockRecord& block : run->record().blocks) {
      // ISO 8601 sorts as text.
      if (latest == nullptr || block.started_at_utc > latest->started_at_utc) latest = &block;
    }
  }
  return latest;
}

bool is_long_over(const BlockRecord& block, const std::string& now_utc) {
  const auto began = parse_instant(block.started_at_utc);
  const auto now = parse_instant(now_utc);
  if (!began || !now || *now < *began) return true;
  const Seconds since(static_cast<double>(now->milliseconds - began->milliseconds) / 1e3);
  return since - (block.load + block.warm_up + block.measured + block.tail) > kLongestBreak;
}

/// Blocks that a run has in a session, whatever became of them.
int blocks_in(const EntryRun& run, const std::string& session) {
  const auto& blocks = run.record().blocks;
  return static_cast<int>(
      std::count_if(blocks.begin(), blocks.end(),
                    [&](const BlockRecord& block) { return block.session == session; }));
}

int rounds_in(std::span<const EntryRun* const> runs, const std::string& session) {
  int rounds = 0;
  for (const EntryRun* run : runs) {
    for (const BlockRecord& block : run->record().blocks) {
      if (block.session == session) rounds = std::max(rounds, block.round);
    }
  }
  return rounds;
}

/// The session of the latest block, if what is missing can go on with it.
std::optional<std::string> session_to_resume(std::span<const EntryRun* const> runs,
                                             const std::string& now_utc) {
  const BlockRecord* latest = latest_block(runs);
  if (latest == nullptr || latest->session.empty() || is_long_over(*latest, now_utc)) {
    return std::nullopt;
  }
  const bool first_round_is_over = rounds_in(runs, latest->session) > 1;
  for (const EntryRun* run : runs) {
    if (run->blocks_left() == 0 || blocks_in(*run, latest->session) > 0) continue;
    if (first_round_is_over) return std::nullopt;
  }
  return latest->session;
}

}  // namespace

Session open_session(std::span<const EntryRun* const> runs, std::optional<std::size_t> baseline,
                     std::uint64_t seed, const std::string& now_utc) {
  const std::optional<std::string> resumed = session_to_resume(runs, now_utc);
  Session session{.id = resumed.value_or(now_utc), .rounds = 0, .left = {}};
  if (resumed) session.rounds = rounds_in(runs, session.id);
  std::vector<int> done, left;
  int rounds = 0;  // of the others, to their last
  for (std::size_t i = 0; i < runs.size(); ++i) {
    done.push_back(blocks_in(*runs[i], session.id));
    left.push_back(runs[i]->blocks_left());
    if (i != baseline && left[i] > 0) rounds = std::max(rounds, done[i] + left[i]);
  }
  if (baseline && !runs[*baseline]->has_failed()) {
    left[*baseline] = std::max(left[*baseline], rounds - done[*baseline]);
    rounds = std::max(rounds, done[*baseline] + left[*baseline]);
  }
  int position = 0;
  for (const std::size_t run : campaign_order(runs.size(), rounds, baseline, seed)) {
    const int round = 1 + position++ / static_cast<int>(runs.size());
    // After a restart each entry has some blocks already: its first turns are passed over.
    if (done[run]-- > 0 || left[run]-- <= 0) continue;
    session.left.push_back({run, round});
  }
  return session;
}

}  // namespace joulebench
