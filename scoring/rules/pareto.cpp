#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

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

std::vector<RankedCategory> rank_by_pareto(const SectionEntries& field,
                                           std::vector<UnrankedEntry>& /*unranked*/) {
  std::vector<FrontPoint> points;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    points.push_back(reach_of(field, member));
  }
  const std::vector<int> best = fronts_of(points);
  const std::vector<int> dominators = possible_dominators(points);
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
                                  .best = std::min(best[i], number),
                                  .worst = std::max(number, 1 + dominators[i]),
                                  .level = std::log(by_points[i].energy)});
    }
    categories.push_back(std::move(category));
  }
  return categories;
}

void validate_pareto(const Track& track, const std::string& where) {
  require_fixed_blocks(track, where);
}

std::string describe_pareto(const Track& track) {
  return "Rule pareto: an entry stands in front 1 when no other has both less energy and better " +
         metric_words(track.metric.name) +
         ", in front 2 when only those of front 1 have, and so on, by point estimates; the range "
         "holds every front that the intervals allow.";
}

std::string pareto_verdict(const Lead& /*lead*/) {
  return "fronts: no entry of one has both less energy and more accuracy than another of it";
}

}  // namespace

const RankingRuleKind kParetoRule{.name = "pareto",
                                  .version = 2,
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
