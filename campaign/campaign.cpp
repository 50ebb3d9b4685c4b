#include "campaign/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "campaign/drift.h"
#include "campaign/session.h"
#include "core/error.h"
#include "datasets/order.h"
#include "scoring/score.h"

namespace joulebench {

std::vector<std::size_t> campaign_order(std::size_t entries, int blocks,
                                        std::optional<std::size_t> baseline, std::uint64_t seed) {
  std::vector<std::size_t> order;
  for (int round = 1; round <= blocks; ++round) {
    const auto drawn = draw_order(seed, round, entries);
    order.insert(order.end(), drawn.begin(), drawn.end());
  }
  if (!baseline || order.empty()) return order;
  const auto first = std::find(order.begin(), order.end(), *baseline);
  std::rotate(order.begin(), first, std::next(first));
  if (blocks > 1) {
    const auto last = std::find(order.rbegin(), order.rend(), *baseline);
    std::rotate(order.rbegin(), last, std::next(last));
  }
  return order;
}

namespace {

std::vector<const RunRecord*> records_of(std::span<EntryRun* const> runs) {
  std::vector<const RunRecord*> records;
  for (const EntryRun* run : runs) records.push_back(&run->record());
  return records;
}

// True when blocks are missing again.
bool repeat_drifted_blocks(std::span<EntryRun* const> runs, std::size_t baseline,
                           const CampaignEvents& events) {
  const DriftFinding finding = find_drift(records_of(runs), baseline);
  if (finding.is_noise) {
    const std::string what = fmt::format(
        "blocks of the baseline that follow one another differ by up to {:.1f} %, most "
        "of them by over {:g} %: drift cannot be told from noise here",
        100 * std::abs(finding.largest), 100 * kMostDrift);
    for (EntryRun* run : runs) {
      if (run->record().outcome != Outcome::valid) continue;
      run->add_flag({kDriftUnclear, what});
    }
    events.on_note(*runs[baseline], what);
    return false;
  }
  bool missing = false;
  for (const DriftedBlock& drifted : finding.blocks) {
    EntryRun& run = *runs[drifted.run];
    const std::string why = fmt::format("the baseline moved by {:+.1f} % around it, over {:g} %",
                                        100 * drifted.shift, 100 * kMostDrift);
    const bool repeated = run.repeat_for_drift(drifted.block, why);
    events.on_note(run, fmt::format("block {} {}: {}", drifted.block,
                                    repeated ? "is repeated" : "stands, flagged", why));
    missing |= repeated;
  }
  return missing;
}

// Whether a round has valid blocks, and none of the baseline.
bool needs_baseline(std::span<EntryRun* const> runs, std::size_t baseline,
                    const BlockPlace& place) {
  const auto has_block = [&](const EntryRun* run) {
    const auto& blocks = run->record().blocks;
    return std::any_of(blocks.begin(), blocks.end(), [&](const BlockRecord& block) {
      return block.session == place.session && block.round == place.round &&
             block.outcome == Outcome::valid;
    });
  };
  const EntryRun& run = *runs[baseline];
  if (run.has_failed() || run.problem() || has_block(&run)) return false;
  return std::any_of(runs.begin(), runs.end(), has_block);
}

}  // namespace

std::optional<std::size_t> baseline_of(std::span<const EntryRun* const> runs) {
  const auto baseline = std::find_if(runs.begin(), runs.end(), [](const EntryRun* run) {
    return run->record().entry.is_baseline;
  });
  if (baseline == runs.end()) return std::nullopt;
  return static_cast<std::size_t>(baseline - runs.begin());
}

void run_campaign(std::span<EntryRun* const> runs, std::uint64_t seed, const Clock& clock,
                  const CampaignEvents& events) {
  const std::vector<const EntryRun*> seen(runs.begin(), runs.end());
  const std::optional<std::size_t> baseline = baseline_of(seen);
  for (EntryRun* run : runs) run->save_rules();
  Session session = open_session(seen, baseline, seed, clock.now_utc());
  std::optional<Watts> reference;  // once there is one it stays
  SteadyTime baseline_ended = clock.now();
  const auto run_one = [&](EntryRun& run, int round) {
    session.rounds = std::max(session.rounds, round);
    events.before_block(run);
    if (run.is_stopped()) return;
    if (!reference) reference = reference_idle(records_of(runs));
    run.run_next_block({.session = session.id, .round = round}, reference);
    events.after_block(run);
    if (baseline && &run == runs[*baseline]) baseline_ended = clock.now();
  };
  // A round of many entries takes longer than a machine stays as it is.
  const auto run_baseline_if_due = [&](std::size_t next, int round) {
    if (!baseline || next == *baseline || runs.size() < 2) return;
    EntryRun& run = *runs[*baseline];
    const bool is_due = Seconds(clock.now() - baseline_ended) > kLongestWithoutBaseline;
    if (is_due && !run.has_failed() && !run.problem()) run_one(run, round);
  };
  const auto is_missing = [](const EntryRun* run) {
    return !run->is_finished() && !run->problem();
  };
  for (const Turn& turn : session.left) {
    EntryRun& run = *runs[turn.run];
    // A baseline may run more blocks than it must have, after the first round only beside others.
    const bool is_extra = turn.run == baseline && run.blocks_left() == 0 && !run.has_failed();
    const bool runs_now = is_extra
                              ? turn.round == 1 || std::any_of(runs.begin(), runs.end(), is_missing)
                              : !run.is_finished();
    if (!runs_now || run.problem()) continue;
    run_baseline_if_due(turn.run, turn.round);
    run_one(run, turn.round);
  }
  const auto has_problem = [](const EntryRun* run) { return run->problem().has_value(); };
  // What is repeated is compared within its own round, so the baseline stands in each.
  const auto run_round = [&](const auto& takes_part) {
    const int round = session.rounds + 1;
    for (EntryRun* run : runs) {
      if (takes_part(run)) run_one(*run, round);
    }
    constexpr int kTries = 2;  // of the baseline, whose block may be void itself
    for (int i = 0; i < kTries && baseline; ++i) {
      if (!needs_baseline(runs, *baseline, {session.id, round})) break;
      run_one(*runs[*baseline], round);
    }
  };
  if (std::any_of(runs.begin(), runs.end(), has_problem)) run_round(has_problem);
  const auto run_missing = [&] {
    while (std::any_of(runs.begin(), runs.end(), is_missing)) run_round(is_missing);
  };
  run_missing();
  if (!runs.empty() && std::all_of(runs.begin(), runs.end(), has_problem)) {
    throw Error(*runs[0]->problem());
  }
  if (!baseline || runs.size() < 2) return;
  do {
    run_missing();
    // What was repeated at the end needs a baseline behind it too.
    if (runs[*baseline]->record().outcome == Outcome::valid &&
        last_to_run(records_of(runs)) != *baseline) {
      run_one(*runs[*baseline], session.rounds);
    }
  } while (repeat_drifted_blocks(runs, *baseline, events));
}

}  // namespace joulebench
