#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "scoring/comparison.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

/// Largest of what was put at or above a place; both O(log n).
class LargestAbove {
 public:
  explicit LargestAbove(std::size_t places) : largest_(places + 1, 0) {}
  void put(std::size_t place, int value) {
    for (std::size_t i = largest_.size() - 1 - place; i < largest_.size(); i += i & (~i + 1)) {
      largest_[i] = std::max(largest_[i], value);
    }
  }
  int at_or_above(std::size_t place) const {
    int largest = 0;
    for (std::size_t i = largest_.size() - 1 - place; i > 0; i -= i & (~i + 1)) {
      largest = std::max(largest, largest_[i]);
    }
    return largest;
  }

 private:
  std::vector<int> largest_;  // a Fenwick tree over the places from the top
};

/// The front of each place when A dominates B wherever A's `end` is below B's `begin` in energy,
/// and A's sure accuracy is at least B's possible one: 1 + the longest chain of dominance above it.
/// O(n log n).
struct FrontPoint {
  double begin = 0;     // energy, low end
  double end = 0;       // energy, high end
  double sure = 0;      // accuracy, low end
  double possible = 0;  // accuracy, high end
};

std::vector<int> fronts_of(const std::vector<FrontPoint>& points) {
  std::vector<double> levels;
  for (const FrontPoint& point : points) levels.push_back(point.sure);
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  const auto level = [&](double accuracy) {
    return static_cast<std::size_t>(std::lower_bound(levels.begin(), levels.end(), accuracy) -
                                    levels.begin());
  };
  std::vector<std::size_t> by_begin(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) by_begin[i] = i;
  std::vector<std::size_t> by_end = by_begin;
  std::sort(by_begin.begin(), by_begin.end(),
            [&](std::size_t a, std::size_t b) { return points[a].begin < points[b].begin; });
  std::sort(by_end.begin(), by_end.end(),
            [&](std::size_t a, std::size_t b) { return points[a].end < points[b].end; });
  std::vector<int> fronts(points.size(), 1);
  LargestAbove above(levels.size());
  auto next = by_end.begin();
  for (const std::size_t i : by_begin) {
    // Who ends below this beginning began below it too, so its own front is known by now.
    for (; next != by_end.end() && points[*next].end < points[i].begin; ++next) {
      above.put(level(points[*next].sure), fronts[*next]);
    }
    const std::size_t needed = level(points[i].possible);
    if (needed < levels.size()) fronts[i] = 1 + above.at_or_above(needed);
  }
  return fronts;
}

/// Fronts by point estimates. Equal energy and more accuracy dominates too, and so does equal
/// accuracy with less energy; equal points share a front.
struct EnergyAndMetric {
  double energy = 0;
  double minus_goodness = 0;
};
std::vector<int> point_fronts(const std::vector<EnergyAndMetric>& points) {
  std::vector<std::size_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](std::size_t i) {
    return std::pair(points[i].energy, points[i].minus_goodness);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  // The most accurate of each front so far; it falls from front to front, so a search finds the
  // first front that holds nobody as good.
  std::vector<std::pair<double, double>> best;  // (-accuracy, energy) of a front's last member
  std::vector<int> fronts(points.size());
  for (const std::size_t i : order) {
    const auto [energy, minus_accuracy] = key(i);
    const auto dominates = [&, e = energy,
                            a = minus_accuracy](const std::pair<double, double>& one) {
      return one.first < a || (one.first == a && one.second < e);
    };
    const auto front = std::partition_point(best.begin(), best.end(), dominates);
    fronts[i] = static_cast<int>(front - best.begin()) + 1;
    if (front == best.end()) {
      best.emplace_back(minus_accuracy, energy);
    } else {
      *front = {minus_accuracy, energy};
    }
  }
  return fronts;
}

/// Where a member may lie in both, at the track's confidence for each.
FrontPoint reach_of(const SectionEntries& field, std::size_t member) {
  const Goodness accuracy = goodness(field.score(member));
  const Estimate energy = field.contest().energy(member, field.looks.error());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double level = field.contest().level(member);
  const double half = energy.interval ? std::max(std::log(energy.interval->high / energy.value),
                                                 std::log1p(kEquivalenceMargin) / 2)
                                      : kInfinity;
  return {level - half, level + half, accuracy.low, accuracy.high};
}

/// How many may dominate each point: those that may use less and may be at least as accurate. A
/// point's front lies at most that much below the first. O(n log n).
std::vector<int> possible_dominators(const std::vector<FrontPoint>& points) {
  std::vector<double> levels;
  for (const FrontPoint& point : points) levels.push_back(point.possible);
  std::sort(levels.begin(), levels.end());
  std::vector<std::size_t> by_begin(points.size());
  std::iota(by_begin.begin(), by_begin.end(), std::size_t{0});
  std::vector<std::size_t> by_end = by_begin;
  std::sort(by_begin.begin(), by_begin.end(),
            [&](std::size_t a, std::size_t b) { return points[a].begin < points[b].begin; });
  std::sort(by_end.begin(), by_end.end(),
            [&](std::size_t a, std::size_t b) { return points[a].end < points[b].end; });
  // A Fenwick tree over the accuracies that are possible, of those that begin early enough.
  std::vector<int> tree(points.size() + 1, 0);
  const auto place = [&](double accuracy) {
    return static_cast<std::size_t>(std::lower_bound(levels.begin(), levels.end(), accuracy) -
                                    levels.begin());
  };
  std::vector<int> result(points.size(), 0);
  int begun = 0;
  auto next = by_begin.begin();
  for (const std::size_t i : by_end) {
    for (; next != by_begin.end() && points[*next].begin < points[i].end; ++next) {
      ++begun;
      for (std::size_t at = place(points[*next].possible) + 1; at < tree.size();
           at += at & (~at + 1)) {
        ++tree[at];
      }
    }
    int too_low = 0;
    for (std::size_t at = place(points[i].sure); at > 0; at -= at & (~at + 1)) too_low += tree[at];
    result[i] = begun - too_low - 1;  // less itself
  }
  return result;
}

/// Fronts that each member may stand in, by what is said of all pairs.
struct FrontRanges {
  std::vector<int> best;          // 1 + the longest chain of those that are better in both
  std::vector<int> dominators;    // how many may be better in both
  std::vector<std::size_t> open;  // members on whose energies it depends who stands in front 1
};

FrontRanges ranges_by_intervals(const SectionEntries& field) {
  std::vector<FrontPoint> points;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    points.push_back(reach_of(field, member));
  }
  return {fronts_of(points), possible_dominators(points), {}};
}

/// What is said of two members' metric: the first's less the second's, more is better.
struct MetricSaid {
  bool is_at_least = false;  // as good or better, significantly
  bool may_be_at_least = true;
};
struct MetricPair {
  MetricSaid first, second;
};

MetricPair metric_pair(const SectionEntries& field, std::size_t a, std::size_t b) {
  const auto metric =
      metric_difference(field.score(a), field.score(b), field.track.ranking.confidence);
  const double sign = field.track.metric.less_is_better ? -1 : 1;
  const double gap = sign * metric->difference.value;
  // What has no interval is as good as it says.
  const bool is_exact = !metric->difference.interval;
  const bool differs = is_exact ? gap != 0 : metric->differs;
  const bool is_same = is_exact && gap == 0;
  return {.first = {is_same || (differs && gap > 0), !(differs && gap < 0)},
          .second = {is_same || (differs && gap < 0), !(differs && gap > 0)}};
}

/// Energies by the test that ranks, with rounds taken out; accuracies by the paired answers where
/// they are known. O(n^2).
FrontRanges ranges_by_pairs(const SectionEntries& field) {
  const std::size_t n = field.members.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(field.contest().level(a), field.score(a).entry_id) <
           std::tuple(field.contest().level(b), field.score(b).entry_id);
  });
  FrontRanges ranges{std::vector<int>(n, 1), std::vector<int>(n, 0), {}};
  std::vector<std::vector<std::size_t>> undecided(
      n);  // who may be better, not significantly different in energy
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const std::size_t below = order[j], above = order[i];  // by energy, as it looks
      const Relation energy = field.looks.relation(below, above);
      const MetricPair metric = metric_pair(field, below, above);
      const auto may_beat = [&](std::size_t one, std::size_t other, bool is_possible) {
        if (!is_possible) return;
        ++ranges.dominators[other];
        if (energy == Relation::undecided) undecided[other].push_back(one);
      };
      may_beat(below, above, energy != Relation::more && metric.first.may_be_at_least);
      may_beat(above, below, energy != Relation::less && metric.second.may_be_at_least);
      if (energy == Relation::less && metric.first.is_at_least) {
        ranges.best[above] = std::max(ranges.best[above], 1 + ranges.best[below]);
      }
    }
  }
  for (std::size_t member = 0; member < n; ++member) {
    if (ranges.best[member] > 1 || undecided[member].empty()) continue;
    ranges.open.push_back(member);
    ranges.open.insert(ranges.open.end(), undecided[member].begin(), undecided[member].end());
  }
  std::sort(ranges.open.begin(), ranges.open.end());
  ranges.open.erase(std::unique(ranges.open.begin(), ranges.open.end()), ranges.open.end());
  return ranges;
}

// All pairs of more entries take longer than a page may.
constexpr std::size_t kMostForPairs = 300;

std::vector<RankedCategory> rank_by_pareto(const SectionEntries& field,
                                           std::vector<UnrankedEntry>& /*unranked*/) {
  const bool is_small = field.members.size() <= kMostForPairs;
  const FrontRanges ranges = is_small || field.track.protocol.adds_blocks
                                 ? ranges_by_pairs(field)
                                 : ranges_by_intervals(field);
  std::vector<EnergyAndMetric> by_points;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    by_points.push_back({point_energy(field, member), -goodness(field.score(member)).value});
  }
  const std::vector<int> by_point = point_fronts(by_points);
  std::map<int, std::vector<std::size_t>> fronts;
  for (std::size_t i = 0; i < field.members.size(); ++i) fronts[by_point[i]].push_back(i);
  std::vector<RankedCategory> categories;
  for (auto& [number, inside] : fronts) {
    std::sort(inside.begin(), inside.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(by_points[a].energy, field.score(a).entry_id) <
             std::tie(by_points[b].energy, field.score(b).entry_id);
    });
    RankedCategory category{.id = "front " + std::to_string(number),
                            .title = number == 1 ? "front 1: no other is better in both"
                                                 : "front " + std::to_string(number)};
    for (const std::size_t i : inside) {
      category.entries.push_back({.score = field.members[i],
                                  .best = std::min(ranges.best[i], number),
                                  .worst = std::max(number, 1 + ranges.dominators[i]),
                                  .level = std::log(by_points[i].energy)});
    }
    categories.push_back(std::move(category));
  }
  for (const std::size_t member : ranges.open) {
    categories.front().tied_at_top.push_back(field.members[member]);
  }
  return categories;
}

void validate_pareto(const Track& /*track*/, const std::string& /*where*/) {}

std::string describe_pareto(const Track& track) {
  return "Rule pareto: an entry stands in front 1 when no other has both less energy and better " +
         metric_words(track.metric.name) +
         ", in front 2 when only those of front 1 have, and so on, by point estimates; the range "
         "holds every front that the intervals allow." +
         looks_text(track);
}

std::string pareto_verdict(const Lead& /*lead*/) {
  return "fronts: no entry of one has both less energy and more accuracy than another of it";
}

}  // namespace

const RankingRuleKind kParetoRule{.name = "pareto",
                                  .version = 3,
                                  .pairs_answers = true,
                                  .validate = validate_pareto,
                                  .rank = rank_by_pareto,
                                  .describe = describe_pareto,
                                  .verdict = pareto_verdict};

std::vector<bool> non_dominated(std::span<const Score> scores) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (quality(scores[i]) && energy_figure(scores[i])) members.push_back(i);
  }
  std::vector<EnergyAndMetric> points;
  for (const std::size_t i : members) {
    points.push_back({energy_figure(scores[i])->value, -goodness(scores[i]).value});
  }
  const std::vector<int> fronts = point_fronts(points);
  std::vector<bool> result(scores.size(), false);
  for (std::size_t i = 0; i < members.size(); ++i) result[members[i]] = fronts[i] == 1;
  return result;
}

}  // namespace joulebench
