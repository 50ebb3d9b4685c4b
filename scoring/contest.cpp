#include "scoring/contest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string_view>

namespace joulebench {
namespace {

// A member that is the sessions' common baseline, or has blocks in several sessions: it stands in
// no single one.
constexpr std::size_t kBridge = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kSeveral = kBridge - 1;

/// Variance of the median of `count` values, in units of the variance of one (normal).
/// Source  up to 10: H. L. Harter, Order Statistics and Their Use in Testing and Estimation 2
///         (1970), computed again by simulation in the tests; above: pi / 2n, fitted at its end.
double median_variance(std::size_t count) {
  constexpr double kUpToTen[] = {1,      1,      0.5,    0.4487, 0.2982, 0.2868,
                                 0.2147, 0.2104, 0.1682, 0.1661, 0.1383};
  if (count < std::size(kUpToTen)) return kUpToTen[count];
  const double n = static_cast<double>(count);
  return std::numbers::pi / 2 / (n + (count % 2 == 1 ? 0.46 : 1.36));
}

double margin() {
  return std::log1p(kEquivalenceMargin) - 1e-12;  // what is exactly the margin apart differs
}

/// One member's blocks in one session.
struct Part {
  std::size_t member = 0;
  std::size_t session = 0;
  std::vector<int> rounds;
  std::vector<double> logs;
  double mean = 0;
  double variance = 0;  // of the mean
  double degrees = 0;
  double likeness = 0;
  std::string_view meter;         // that read its blocks
  double relative_error = 0;      // of the meter, summed over the blocks
  bool is_drift_unclear = false;  // the entry has that flag

  double sensor_variance() const {
    // Half width of 95 % on the logarithm, as geometric_mean_of() has it.
    const double half = std::log1p(relative_error / static_cast<double>(logs.size()));
    return std::pow(half / normal_quantile(0.975), 2);
  }
  bool has_rounds() const {
    return std::all_of(rounds.begin(), rounds.end(), [](int round) { return round > 0; });
  }
  void take_as_it_stands() {
    const Sample sample = sample_of(logs);
    mean = sample.mean;
    variance = sample.variance_of_mean();
    degrees = sample.degrees();
    likeness = 0;
  }
};

/// The blocks of one round: part and value, by value once sorted.
struct InRound {
  std::size_t part = 0;
  double value = 0;
};
using Rounds = std::map<int, std::vector<InRound>>;

Rounds rounds_of(std::span<Part* const> parts) {
  Rounds rounds;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (std::size_t i = 0; i < parts[p]->logs.size(); ++i) {
      rounds[parts[p]->rounds[i]].push_back({p, parts[p]->logs[i] - parts[p]->mean});
    }
  }
  for (auto& [number, blocks] : rounds) {
    std::sort(blocks.begin(), blocks.end(),
              [](const InRound& a, const InRound& b) { return a.value < b.value; });
  }
  return rounds;
}

double median_of_sorted(const std::vector<InRound>& blocks) {
  const std::size_t n = blocks.size();
  return (blocks[(n - 1) / 2].value + blocks[n / 2].value) / 2;
}

/// Of the others' blocks in a round; absent: there are none. Nearly all parts have one block in a
/// round (`own`), so the block to leave out only shifts the middle.
std::optional<double> median_of_others(const std::vector<InRound>& blocks, std::size_t own,
                                       std::size_t place) {
  if (own > 1) {
    std::vector<double> others;
    for (const InRound& one : blocks) {
      if (one.part != blocks[place].part) others.push_back(one.value);
    }
    if (others.empty()) return std::nullopt;
    return median_of(std::move(others));
  }
  const std::size_t others = blocks.size() - 1;
  if (others == 0) return std::nullopt;
  const auto at = [&](std::size_t i) { return blocks[i < place ? i : i + 1].value; };
  return (at((others - 1) / 2) + at(others / 2)) / 2;
}

/// Blocks of more than one part.
bool has_company(const std::vector<InRound>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const InRound& one) { return one.part != blocks.front().part; });
}

/// Brings means to a common scale where not every part has a block in every round: by turns each
/// round's effect from the parts' means and each part's mean from the rounds' effects. A round of
/// one part says nothing of its effect, so its block is left out where the part has others.
void level_means(std::span<Part* const> parts) {
  for (Part* const part : parts) part->mean = sample_of(part->logs).mean;
  const Rounds first = rounds_of(parts);
  const bool complete = std::all_of(first.begin(), first.end(), [&](const auto& round) {
    return round.second.size() == parts.size();
  });
  if (complete) return;
  for (int turn = 0; turn < 30; ++turn) {
    std::map<int, double> effects;
    for (const auto& [number, blocks] : rounds_of(parts)) {
      if (has_company(blocks)) effects[number] = median_of_sorted(blocks);
    }
    for (Part* const part : parts) {
      double sum = 0, count = 0;
      for (std::size_t i = 0; i < part->logs.size(); ++i) {
        const auto effect = effects.find(part->rounds[i]);
        if (effect == effects.end()) continue;
        sum += part->logs[i] - effect->second;
        ++count;
      }
      if (count > 0) part->mean = sum / count;
    }
  }
}

/// What is left of each block after its round was taken out, and how many others that rested on.
struct Residuals {
  std::vector<double> values;
  double others = 0;
};

/// The noise of parts of one session that have rounds; see Contest.
void take_out_rounds(std::span<Part* const> parts) {
  level_means(parts);
  std::vector<Residuals> residuals(parts.size());
  std::vector<std::size_t> own_blocks(parts.size(), 0);  // of each part in one round
  for (const auto& [number, blocks] : rounds_of(parts)) {
    for (const InRound& one : blocks) ++own_blocks[one.part];
    for (std::size_t place = 0; place < blocks.size(); ++place) {
      const auto median = median_of_others(blocks, own_blocks[blocks[place].part], place);
      if (!median) continue;
      Residuals& own = residuals[blocks[place].part];
      own.values.push_back(blocks[place].value - *median);
      own.others += static_cast<double>(blocks.size() - 1);
    }
    for (const InRound& one : blocks) own_blocks[one.part] = 0;
  }
  // First as if all were alike; then what the others' median adds is known from their own noises.
  std::vector<double> observed(parts.size()), alike(parts.size()), added(parts.size());
  double precisions = 0;  // sum of 1 / standard deviation
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Residuals& own = residuals[p];
    if (own.values.size() < 2) continue;
    own.others /= static_cast<double>(own.values.size());
    added[p] = median_variance(static_cast<std::size_t>(std::lround(own.others)));
    observed[p] = sample_of(own.values).variance;
    alike[p] = observed[p] / (1 + added[p]);
    precisions += 1 / std::sqrt(alike[p]);
  }
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const Residuals& own = residuals[p];
    if (own.values.size() < 2) {
      parts[p]->degrees = 0;
      continue;
    }
    const double others = static_cast<double>(parts.size() - 1);
    const double of_others =
        std::isfinite(precisions) ? others / (precisions - 1 / std::sqrt(alike[p])) : 0;
    // Twice: a noise that is itself uncertain is not subtracted to the last bit.
    const double noise = std::max(alike[p], observed[p] - 2 * added[p] * of_others * of_others);
    parts[p]->variance = noise / static_cast<double>(own.values.size());
    parts[p]->degrees = static_cast<double>(own.values.size() - 1);
    parts[p]->likeness = 1 / (own.others * own.others);
  }
}

std::vector<Part> parts_of(std::span<const Score> scores, std::span<const std::size_t> members,
                           std::vector<std::string_view>& sessions) {
  std::map<std::string_view, std::size_t> known;
  std::vector<Part> parts;
  for (std::size_t member = 0; member < members.size(); ++member) {
    const Score& score = scores[members[member]];
    const bool is_drift_unclear =
        std::any_of(score.flags.begin(), score.flags.end(),
                    [](const Flag& flag) { return flag.name == kDriftUnclear; });
    const std::size_t first = parts.size();
    for (const BlockScore& block : score.block_scores) {
      const auto known_as = known.try_emplace(block.session, sessions.size());
      if (known_as.second) sessions.push_back(known_as.first->first);
      const std::size_t session = known_as.first->second;
      auto part = std::find_if(parts.begin() + static_cast<std::ptrdiff_t>(first), parts.end(),
                               [&](const Part& one) { return one.session == session; });
      if (part == parts.end()) {
        parts.push_back({.member = member, .session = session});
        part = std::prev(parts.end());
        part->meter = block.meter;
        part->is_drift_unclear = is_drift_unclear;
      }
      part->rounds.push_back(block.round);
      part->logs.push_back(std::log(energy_figure(score, block)));
      part->relative_error += block.error.value / block.joules.value;
    }
  }
  return parts;
}

void find_noise(std::vector<Part>& parts, std::size_t sessions) {
  std::vector<std::vector<Part*>> with_rounds(sessions);
  for (Part& part : parts) {
    if (part.has_rounds()) {
      with_rounds[part.session].push_back(&part);
    } else {
      part.take_as_it_stands();
    }
  }
  for (std::vector<Part*>& in_session : with_rounds) {
    if (in_session.size() > 1) {
      take_out_rounds(in_session);
    } else if (!in_session.empty()) {
      in_session.front()->take_as_it_stands();
    }
  }
}

/// The baseline that most sessions have two blocks of: a member, or none.
std::optional<std::size_t> bridge_of(std::span<const Score> scores,
                                     std::span<const std::size_t> members,
                                     const std::vector<Part>& parts) {
  std::map<std::size_t, int> counts;
  for (const Part& part : parts) {
    if (scores[members[part.member]].is_baseline && part.logs.size() > 1) ++counts[part.member];
  }
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  if (most == counts.end()) return std::nullopt;
  return most->first;
}

/// Adds what the machine's drift may have done where the baseline could not tell it from noise.
void add_unclear_drift(std::span<const Score> scores, std::span<const std::size_t> members,
                       std::vector<Part>& parts, std::size_t sessions) {
  const auto is_unclear = [](const Part& part) { return part.is_drift_unclear; };
  if (std::none_of(parts.begin(), parts.end(), is_unclear)) return;
  std::vector<std::optional<Sample>> of_baseline(sessions);
  for (const Part& part : parts) {
    if (!scores[members[part.member]].is_baseline || part.logs.size() < 2) continue;
    std::optional<Sample>& known = of_baseline[part.session];
    if (!known || known->count < static_cast<double>(part.logs.size())) {
      known = sample_of(part.logs);
    }
  }
  for (Part& part : parts) {
    const std::optional<Sample>& baseline = of_baseline[part.session];
    if (!part.is_drift_unclear || !baseline || !(part.degrees > 0)) continue;
    // By this one's own number of blocks; Satterthwaite's degrees of freedom.
    const double added = baseline->variance / static_cast<double>(part.logs.size());
    const double sum = part.variance + added;
    if (!(sum > 0)) continue;
    part.degrees =
        sum * sum /
        (part.variance * part.variance / part.degrees + added * added / baseline->degrees());
    part.likeness = 0;
    part.variance = sum;
  }
}

/// Of a member with blocks in several sessions those count whose noise and whose baseline's noise
/// are known; where none does, and where no baseline joins the sessions, its last.
std::vector<bool> used_parts(const std::vector<Part>& parts, std::optional<std::size_t> bridge,
                             const std::vector<bool>& is_joined) {
  std::vector<bool> used(parts.size(), false);
  for (std::size_t first = 0; first < parts.size();) {
    std::size_t end = first;
    while (end < parts.size() && parts[end].member == parts[first].member) ++end;
    bool any = false;
    for (std::size_t i = first; i < end; ++i) {
      used[i] = parts[i].member == bridge ||
                (bridge && parts[i].degrees > 0 && is_joined[parts[i].session]);
      any |= used[i];
    }
    if (!any) used[end - 1] = true;
    first = end;
  }
  return used;
}

/// Variances added up with Satterthwaite's degrees of freedom; 0 where one is unknown.
struct VarianceSum {
  double variance = 0;
  double squares_over_degrees = 0;
  bool is_known = true;

  void add(double one, double degrees) {
    variance += one;
    is_known &= degrees > 0;
    if (degrees > 0) squares_over_degrees += one * one / degrees;
  }
  double degrees(double without_noise) const {
    if (!is_known) return 0;
    return squares_over_degrees > 0 ? variance * variance / squares_over_degrees : without_noise;
  }
};

/// What each part counts for in its member's level: by its blocks; where every node counts, by its
/// share of the blocks on its node, and each node alike.
class Weights {
 public:
  Weights(const std::vector<Part>& parts, const std::vector<bool>& used, NodeRule nodes)
      : nodes_(nodes) {
    if (!parts.empty()) of_member_.resize(parts.back().member + 1);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      double& blocks = of_member_[part.member][node_of(part)];
      if (used[i]) blocks += static_cast<double>(part.logs.size());
    }
  }
  double of(const Part& part) const {
    const auto& of_member = of_member_[part.member];
    const auto counts = std::count_if(of_member.begin(), of_member.end(),
                                      [](const auto& one) { return one.second > 0; });
    return static_cast<double>(part.logs.size()) / of_member.at(node_of(part)) /
           static_cast<double>(counts);
  }
  /// No node is without a part that counts: else the others do not say what was asked for.
  bool has_all_nodes(const Part& part) const {
    const auto& of_member = of_member_[part.member];
    return std::all_of(of_member.begin(), of_member.end(),
                       [](const auto& one) { return one.second > 0; });
  }

 private:
  std::string_view node_of(const Part& part) const {
    return nodes_ == NodeRule::every ? part.meter : std::string_view();
  }

  NodeRule nodes_;
  std::vector<std::map<std::string_view, double>> of_member_;  // blocks on each node
};

}  // namespace

Contest::Contest(std::span<const Score> scores, std::span<const std::size_t> members,
                 NodeRule nodes)
    : scores_(scores), members_(members.begin(), members.end()), standings_(members.size()) {
  std::vector<std::string_view> sessions;
  std::vector<Part> parts = parts_of(scores, members, sessions);
  find_noise(parts, sessions.size());
  add_unclear_drift(scores, members, parts, sessions.size());
  std::map<std::string_view, std::size_t> meters;
  for (const Part& part : parts) meters.try_emplace(part.meter, meters.size());
  sessions_.resize(std::max<std::size_t>(1, sessions.size()));  // of members without blocks too
  const std::optional<std::size_t> bridge =
      sessions.size() > 1 ? bridge_of(scores, members, parts) : std::nullopt;
  is_across_sessions_ = bridge.has_value();
  std::vector<double> shifts(sessions.size(), 0);
  for (const Part& part : parts) {
    if (part.member != bridge) continue;
    shifts[part.session] = part.mean;
    sessions_[part.session] = {.variance = part.variance, .degrees = part.degrees};
  }
  for (std::size_t member = 0; member < members.size(); ++member) {
    // One without blocks stands where its figure does, and ties with all.
    standings_[member].level = std::log(energy_figure(scores[members[member]])->value);
  }
  std::vector<VarianceSum> sums(members.size());
  std::vector<bool> is_joined;
  for (const Session& session : sessions_) is_joined.push_back(session.degrees > 0);
  const std::vector<bool> used = used_parts(parts, bridge, is_joined);
  const Weights weights(parts, used, nodes);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!used[i]) continue;
    const Part& part = parts[i];
    Standing& standing = standings_[part.member];
    const double share = weights.of(part);
    if (share == 1) {
      standing = {.level = part.mean - shifts[part.session],
                  .variance = part.variance,
                  .degrees = part.degrees,
                  .likeness = part.likeness,
                  .session = part.session,
                  .meter = meters.at(part.meter),
                  .sensor = part.sensor_variance()};
      if (part.member == bridge) standing.level = 0;
      if (!weights.has_all_nodes(part)) standing.degrees = 0;
      continue;
    }
    if (standing.session < kSeveral) {
      standing.level = 0;
      standing.meter = meters.at(part.meter);
    }
    standing.session = part.member == bridge ? kBridge : kSeveral;
    if (standing.meter != meters.at(part.meter)) standing.meter = kSeveral;
    standing.sensor = std::max(standing.sensor, part.sensor_variance());
    if (part.member == bridge) {
      // Its noise is its sessions'; the least known of them bounds what comparisons rest on.
      standing.degrees =
          standing.degrees > 0 ? std::min(standing.degrees, part.degrees) : part.degrees;
      continue;
    }
    standing.level += share * (part.mean - shifts[part.session]);
    VarianceSum& sum = sums[part.member];
    sum.add(share * share * part.variance, part.degrees);
    sum.add(share * share * sessions_[part.session].variance, sessions_[part.session].degrees);
    sum.is_known &= weights.has_all_nodes(part);
    standing.variance = sum.variance;
    standing.degrees = sum.degrees(1);
  }
}

Contrast Contest::contrast(std::size_t a, std::size_t b) const {
  const Standing& left = standings_[a];
  const Standing& right = standings_[b];
  VarianceSum sum;
  const auto add = [&](const Standing& one) {
    if (one.session != kBridge) sum.add(one.variance, one.degrees);
  };
  add(left);
  add(right);
  const bool is_across = left.session != right.session;
  if (is_across) {
    for (const Standing* const one : {&left, &right}) {
      if (one->session >= kSeveral) continue;
      sum.add(sessions_[one->session].variance, sessions_[one->session].degrees);
    }
  } else if (left.degrees > 0 && right.degrees > 0) {
    sum.squares_over_degrees += 2 * std::sqrt(left.likeness * right.likeness) * left.variance *
                                right.variance / std::sqrt(left.degrees * right.degrees);
  }
  // The bridge is read by the other's own meter, whatever that is.
  const bool meters_differ =
      left.meter != right.meter && left.session != kBridge && right.session != kBridge;
  if (meters_differ) sum.variance += left.sensor + right.sensor;
  return {.difference = left.level - right.level,
          .variance = sum.variance,
          .degrees = sum.degrees(left.degrees + right.degrees),
          .is_across_sessions = is_across};
}

double Contest::most_variance(std::size_t member) const {
  const Standing& standing = standings_[member];
  if (standing.session >= kSeveral) return standing.variance + standing.sensor;
  const Session& session = sessions_[standing.session];
  // Of a session whose baseline says nothing of its noise nothing is known across sessions.
  if (sessions_.size() > 1 && !(session.degrees > 0))
    return std::numeric_limits<double>::infinity();
  return standing.variance + standing.sensor + session.variance;
}

Estimate Contest::energy(std::size_t member, double error) const {
  const Standing& standing = standings_[member];
  const Estimate& own = *energy_figure(scores_[members_[member]]);
  if (standing.session == kBridge) return own;
  Estimate estimate{.value = own.value, .interval = std::nullopt};
  const auto half =
      joulebench::half_width({.variance = standing.variance, .degrees = standing.degrees}, error);
  if (half) {
    estimate.interval = Interval{own.value * std::exp(-*half), own.value * std::exp(*half)};
  }
  return estimate;
}

std::optional<double> half_width(const Contrast& contrast, double error) {
  if (!(contrast.degrees > 0)) return std::nullopt;
  return upper_t_quantile(error / 2, contrast.degrees) * std::sqrt(contrast.variance);
}

Relation relation_within(const Contrast& contrast, std::optional<double> half) {
  if (!half) return Relation::undecided;
  const double size = std::abs(contrast.difference);
  if (size > *half && size >= margin()) {
    return contrast.difference < 0 ? Relation::less : Relation::more;
  }
  return size + *half < margin() ? Relation::equal : Relation::undecided;
}

Estimate ratio_within(const Contrast& contrast, std::optional<double> half) {
  Estimate ratio{.value = std::exp(contrast.difference), .interval = std::nullopt};
  if (half) {
    ratio.interval =
        Interval{std::exp(contrast.difference - *half), std::exp(contrast.difference + *half)};
  }
  return ratio;
}

Relation relation_of(const Contrast& contrast, double error) {
  return relation_within(contrast, half_width(contrast, error));
}

Estimate ratio_of(const Contrast& contrast, double error) {
  return ratio_within(contrast, half_width(contrast, error));
}

std::vector<std::size_t> comparable_groups(std::span<const Score> scores,
                                           std::span<const std::size_t> members) {
  std::vector<std::string_view> sessions;
  const std::vector<Part> parts = parts_of(scores, members, sessions);
  std::vector<std::size_t> group(sessions.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  const auto join = [&](std::size_t a, std::size_t b) {
    const auto [low, high] = std::minmax({group[a], group[b]});
    std::replace(group.begin(), group.end(), high, low);
  };
  std::map<std::size_t, std::size_t> first_session;  // of each baseline
  for (const Part& part : parts) {
    if (!scores[members[part.member]].is_baseline || part.logs.size() < 2) continue;
    join(part.session, first_session.try_emplace(part.member, part.session).first->second);
  }
  std::vector<std::size_t> result(members.size(), 0);
  for (const Part& part : parts) {
    // One with blocks in several unconnected sessions stands with its last.
    result[part.member] = group[part.session];
  }
  return result;
}

}  // namespace joulebench
