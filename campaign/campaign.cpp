#include "campaign/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "campaign/drift.h"
#include "core/error.h"
#include "datasets/order.h"

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
      run->add_flag({"drift-unclear", what});
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

}  // namespace

void run_campaign(std::span<EntryRun* const> runs, std::uint64_t seed,
                  const CampaignEvents& events) {
  int blocks = 0;
  std::optional<std::size_t> baseline;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i]->save_rules();
    blocks = std::max(blocks, runs[i]->record().track.protocol.blocks);
    if (!baseline && runs[i]->record().entry.is_baseline) baseline = i;
  }
  std::optional<Watts> reference;  // once there is one it stays
  const auto run_one = [&](EntryRun& run) {
    events.before_block(run);
    if (!reference) reference = reference_idle(records_of(runs));
    run.run_next_block(reference);
    events.after_block(run);
  };
  const auto run_missing = [&] {
    for (EntryRun* run : runs) {
      while (!run->is_finished() && !run->problem()) run_one(*run);
    }
  };
  // After a restart each entry has some blocks already: its first turns are passed over.
  std::vector<int> done;
  for (const EntryRun* run : runs) done.push_back(run->record().valid_blocks());
  for (const std::size_t entry : campaign_order(runs.size(), blocks, baseline, seed)) {
    if (done[entry]-- > 0 || runs[entry]->is_finished() || runs[entry]->problem()) continue;
    run_one(*runs[entry]);
  }
  for (EntryRun* run : runs) {
    if (run->problem()) run_one(*run);
  }
  run_missing();
  const auto has_problem = [](const EntryRun* run) { return run->problem().has_value(); };
  if (!runs.empty() && std::all_of(runs.begin(), runs.end(), has_problem)) {
    throw Error(*runs[0]->problem());
  }
  if (!baseline || runs.size() < 2) return;
  do {
    run_missing();
    // What was repeated at the end needs a baseline behind it too.
    if (runs[*baseline]->record().outcome == Outcome::valid &&
        last_to_run(records_of(runs)) != *baseline) {
      run_one(*runs[*baseline]);
    }
  } while (repeat_drifted_blocks(runs, *baseline, events));
}

}  // namespace joulebench
