#include "harness/run/campaign.h"

#include <algorithm>

#include "datasets/dataset.h"

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

void run_campaign(std::span<EntryRun* const> runs, std::uint64_t seed,
                  const std::function<void(EntryRun&)>& before_block,
                  const std::function<void(EntryRun&)>& after_block) {
  int blocks = 0;
  std::optional<std::size_t> baseline;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    blocks = std::max(blocks, runs[i]->record().track.protocol.blocks);
    if (!baseline && runs[i]->record().entry.is_baseline) baseline = i;
  }
  const auto run_one = [&](EntryRun& run) {
    before_block(run);
    run.run_next_block();
    after_block(run);
  };
  // After a restart each entry has some blocks already: its first turns are passed over.
  std::vector<int> done;
  for (const EntryRun* run : runs) done.push_back(run->record().valid_blocks());
  for (const std::size_t entry : campaign_order(runs.size(), blocks, baseline, seed)) {
    if (done[entry]-- > 0 || runs[entry]->is_finished()) continue;
    run_one(*runs[entry]);
  }
  for (EntryRun* run : runs) {
    while (!run->is_finished()) run_one(*run);
  }
}

}  // namespace joulebench
