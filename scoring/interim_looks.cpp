#include "scoring/interim_looks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <string_view>

namespace joulebench {
namespace {

double spent_error(double error, double share) {
  return error * std::log1p((std::numbers::e - 1) * share);
}

/// Blocks of the entry that has most of them; a baseline has more than others where sessions are
/// joined by it.
int most_blocks_of(std::span<const Score> scores, std::span<const std::size_t> members) {
  int most = 0, of_baselines = 0;
  for (const std::size_t i : members) {
    const int blocks = static_cast<int>(scores[i].block_scores.size());
    int& largest = scores[i].is_baseline ? of_baselines : most;
    largest = std::max(largest, blocks);
  }
  return most > 0 ? most : of_baselines;
}

/// The part of a score that contests read, with its first blocks.
Score first_blocks(const Score& score, int blocks) {
  Score kept{.entry_id = score.entry_id,
             .is_baseline = score.is_baseline,
             .task = score.task,
             .joules_per_sample = score.joules_per_sample,
             .joules_per_training = score.joules_per_training,
             .flags = score.flags};
  std::map<std::string_view, int> in_session;
  for (const BlockScore& block : score.block_scores) {
    const std::string_view counted = score.is_baseline ? block.session : std::string_view();
    if (in_session[counted]++ < blocks) kept.block_scores.push_back(block);
  }
  return kept;
}

}  // namespace

std::vector<Look> planned_looks(const Track& track) {
  const Protocol& protocol = track.protocol;
  const double error = 1 - track.ranking.confidence;
  if (!protocol.adds_blocks) return {{.blocks = protocol.blocks, .error = error}};
  std::vector<Look> looks;
  const int most = std::max(protocol.blocks, protocol.most_blocks);
  double spent = 0;
  for (int blocks = protocol.blocks;;) {
    const double all = spent_error(error, static_cast<double>(blocks) / most);
    looks.push_back({.blocks = blocks, .error = all - spent});
    spent = all;
    if (blocks >= most) return looks;
    constexpr double kGrowth = 1.4;
    blocks = std::min(most, static_cast<int>(std::ceil(kGrowth * blocks)));
  }
}

SectionLooks::SectionLooks(std::span<const Score> scores, std::span<const std::size_t> members,
                           const Track& track) {
  const std::vector<Look> planned = planned_looks(track);
  const int most = most_blocks_of(scores, members);
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const bool is_last = i + 1 == planned.size();
    if (i > 0 && planned[i].blocks > most) break;
    if (is_last || planned.size() == 1) {
      seen_.push_back({Contest(scores, members, track.ranking.nodes), planned[i].error});
      break;
    }
    auto kept = std::make_unique<std::vector<Score>>();
    for (const std::size_t member : members) {
      kept->push_back(first_blocks(scores[member], planned[i].blocks));
    }
    std::vector<std::size_t> all(members.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    seen_.push_back({Contest(*kept, all, track.ranking.nodes), planned[i].error});
    kept_.push_back(std::move(kept));
  }
}

Relation SectionLooks::relation(std::size_t a, std::size_t b) const {
  for (const Seen& look : seen_) {
    const Relation found = relation_of(look.contest.contrast(a, b), look.error);
    if (found != Relation::undecided) return found;
  }
  return Relation::undecided;
}

Estimate SectionLooks::ratio(std::size_t a, std::size_t b) const {
  Estimate common = ratio_of(latest().contrast(a, b), error());
  if (!common.interval || seen_.size() == 1) return common;
  for (const Seen& look : seen_) {
    const Estimate ratio = ratio_of(look.contest.contrast(a, b), look.error);
    if (!ratio.interval) continue;
    const double low = std::max(common.interval->low, ratio.interval->low);
    const double high = std::min(common.interval->high, ratio.interval->high);
    if (low <= high) common.interval = Interval{low, high};
  }
  common.value = std::clamp(common.value, common.interval->low, common.interval->high);
  return common;
}

std::pair<SectionLooks::Said, SectionLooks::Said> SectionLooks::said_of(std::size_t a,
                                                                        std::size_t b) const {
  if (seen_.size() > 1) return {{ratio(a, b), relation(a, b)}, {ratio(b, a), relation(b, a)}};
  // Student's quantile, which costs most, is that of both.
  Contrast contrast = latest().contrast(a, b);
  const std::optional<double> half = half_width(contrast, error());
  const Said first{ratio_within(contrast, half), relation_within(contrast, half)};
  contrast.difference = -contrast.difference;
  return {first, {ratio_within(contrast, half), relation_within(contrast, half)}};
}

}  // namespace joulebench
