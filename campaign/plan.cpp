#include "campaign/plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "campaign/campaign.h"
#include "campaign/drift.h"
#include "campaign/fresh_seed.h"
#include "campaign/session.h"
#include "core/json_file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// All as seen on a virtual machine of two cores, with small entries.
// Launch, load, warm-up and end of one sandbox.
constexpr Seconds kSandboxTime{1};
// Gates, counters' edges and files of one block.
constexpr Seconds kAroundBlock{0.6};
// The windows in which a block's first and later passes are looked at, with reading answers back.
constexpr Seconds kLooksOfBatch{0.9};
constexpr Seconds kLooksOfStream{0.3};
// What finding an entry's plan takes, and building one from source.
constexpr Seconds kPilotOfBatch{4};
constexpr Seconds kPilotOfStream{0.3};
constexpr Seconds kBuildTime{4};
// Reading the dataset, and looking for labels where that was done before.
constexpr Seconds kStartTime{2.5};
// Scoring: reading a block's predictions and its record.
constexpr Seconds kScoringTime{0.1};
// Of 20 blocks one is void and repeated; what is known of these runs counts beside that.
constexpr double kVoidBefore = 1, kBlocksBefore = 20;

fs::path seed_file(const fs::path& folder) {
  return folder / "campaign.json";
}

// What a block takes beside what its record has: idle power at both ends, and what looks after it.
Seconds around_block(const Track& track) {
  const Seconds around = 2 * track.protocol.idle + kAroundBlock;
  if (track.task == Task::train) return around;
  return around + (track.scenario == Scenario::single_stream ? kLooksOfStream : kLooksOfBatch);
}

Seconds time_of(const BlockRecord& block, const Track& track) {
  const Seconds sandboxes = std::max(0, block.sandboxes - 1) * kSandboxTime;
  return block.load + block.warm_up + block.measured + block.tail + block.cool_down + sandboxes +
         around_block(track);
}

const BlockRecord* last_valid(const RunRecord& record) {
  for (auto block = record.blocks.rbegin(); block != record.blocks.rend(); ++block) {
    if (block->outcome == Outcome::valid) return &*block;
  }
  return nullptr;
}

// Of one block, as long as the entry's last one took; where there was none, as most are.
Seconds block_time(const RunRecord& record, const Track& track) {
  if (const BlockRecord* last = last_valid(record)) return time_of(*last, track);
  return expected_block_time(track);
}

// Of a training that nothing is known of: as long as those of other entries. Absent: none ran.
std::optional<Seconds> usual_training(const Track& track,
                                      std::span<const std::unique_ptr<EntryRun>> runs) {
  Seconds sum{0};
  int known = 0;
  for (const auto& run : runs) {
    if (last_valid(run->record()) == nullptr) continue;
    sum += block_time(run->record(), track);
    ++known;
  }
  if (track.task != Task::train || known == 0) return std::nullopt;
  return sum / known;
}

// What goes before an entry's first block.
Seconds preparation_time(const EntryRun& run, const Track& track) {
  Seconds time = run.is_built() ? kBuildTime : Seconds{0};
  if (track.task == Task::predict && run.record().passes_per_block == 0) {
    time += track.scenario == Scenario::single_stream ? kPilotOfStream : kPilotOfBatch;
  }
  return time;
}

// The share of blocks that are repeated.
double void_share(std::span<const std::unique_ptr<EntryRun>> runs) {
  double voided = kVoidBefore, blocks = kBlocksBefore;
  for (const auto& run : runs) {
    for (const BlockRecord& block : run->record().blocks) {
      voided += block.outcome == Outcome::voided ? 1 : 0;
      ++blocks;
    }
  }
  return voided / blocks;
}

// Of all blocks that may be added to what is left.
Seconds most_added(const Track& track, std::span<const std::unique_ptr<EntryRun>> runs,
                   Seconds planned) {
  if (!track.protocol.adds_blocks) return Seconds{0};
  Seconds added{0};
  for (const auto& run : runs) {
    if (run->has_failed()) continue;
    const int there = run->record().valid_blocks() + run->blocks_left();
    added += std::max(0, track.protocol.most_blocks - there) * block_time(run->record(), track);
  }
  if (!(track.protocol.most_time.count() > 0)) return added;
  const Seconds left = track.protocol.most_time - time_spent(runs) - planned;
  return std::max(Seconds{0}, std::min(added, left));
}

}  // namespace

Seconds expected_block_time(const Track& track) {
  const Protocol& protocol = track.protocol;
  const Seconds around = around_block(track);
  if (track.task == Task::train) {
    return track.limits.load + track.limits.train + protocol.tail + around;
  }
  // Measured time is three tenths above the least.
  return kSandboxTime + 1.3 * protocol.min_block + protocol.tail + around;
}

Seconds time_spent(std::span<const std::unique_ptr<EntryRun>> runs) {
  Seconds spent{0};
  for (const auto& run : runs) {
    for (const BlockRecord& block : run->record().blocks) {
      spent += time_of(block, run->record().track);
    }
  }
  return spent;
}

Seconds block_time(const EntryRun& run, const Track& track) {
  return block_time(run.record(), track);
}

CampaignPlan plan_campaign(const Track& track, std::span<const std::unique_ptr<EntryRun>> runs,
                           std::uint64_t seed, const std::string& now_utc) {
  CampaignPlan plan{.track = track};
  std::vector<const EntryRun*> seen;
  for (const auto& run : runs) seen.push_back(run.get());
  const auto baseline = baseline_of(seen);
  if (baseline) plan.noise = noise_of(runs[*baseline]->record());
  for (const Turn& turn : open_session(seen, baseline, seed, now_utc).left) {
    plan.order.push_back(turn.run);
  }
  const std::optional<Seconds> usual = usual_training(track, runs);
  const double repeats = void_share(runs);
  // A round of what is repeated has a block of the baseline too.
  const Seconds beside = baseline ? block_time(*runs[*baseline], track) : Seconds{0};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunRecord& record = runs[i]->record();
    const bool is_known = last_valid(record) != nullptr;
    const Seconds one = !is_known && usual ? *usual : block_time(record, track);
    plan.round_time += one;
    const auto left = static_cast<int>(std::count(plan.order.begin(), plan.order.end(), i));
    plan.entries.push_back({record.entry.name, record.entry.is_baseline, left});
    if (left == 0) continue;
    plan.time += preparation_time(*runs[i], track) + left * (one + kScoringTime) +
                 left * repeats * (one + (i == baseline ? Seconds{0} : beside));
    plan.time_is_bound |= track.task == Task::train && !is_known && !usual;
  }
  if (!plan.order.empty()) plan.time += kStartTime;
  plan.most_added = most_added(track, runs, plan.time);
  return plan;
}

std::optional<std::uint64_t> known_campaign_seed(const fs::path& folder) {
  if (!fs::exists(seed_file(folder))) return std::nullopt;
  return read_json_file(seed_file(folder), {}).at("order_seed").get<std::uint64_t>();
}

std::uint64_t campaign_seed(const fs::path& folder) {
  if (const auto known = known_campaign_seed(folder)) return *known;
  const std::uint64_t seed = fresh_seed();
  fs::create_directories(folder);
  write_json_file(seed_file(folder), {{"format", "joulebench-campaign/1"}, {"order_seed", seed}});
  return seed;
}

}  // namespace joulebench
