#include "scoring/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <tuple>

#include "core/error.h"
#include "core/nearest_name.h"
#include "scoring/figures.h"

namespace joulebench {
namespace {

/// One entry on a scale where less is better, with the interval that decides ties.
struct Place {
  std::size_t score = 0;
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Less than 1 % apart is always a tie: each interval reaches at least half of that to either side.
constexpr double kHalfTie = 0.00497516542658404;  // ln(1.01) / 2

/// On the logarithm of `estimate`. Without an interval nothing can be told apart from it.
Place log_place(std::size_t score, const Estimate& estimate) {
  const double value = std::log(estimate.value);
  if (!estimate.interval) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return {.score = score, .value = value, .low = -kInfinity, .high = kInfinity};
  }
  return {.score = score,
          .value = value,
          .low = std::min(std::log(estimate.interval->low), value - kHalfTie),
          .high = std::max(std::log(estimate.interval->high), value + kHalfTie)};
}

/// "a", "ab", "a-f"; numbers ("7", "7,8", "7-12") where the alphabet is too short.
std::string group_name(std::size_t first, std::size_t last, std::size_t groups) {
  const bool letters = groups <= 26;
  const auto name = [&](std::size_t group) {
    return letters ? std::string(1, static_cast<char>('a' + group)) : std::to_string(group + 1);
  };
  if (last - first > 2) return name(first) + "-" + name(last);
  std::string text = name(first);
  for (std::size_t group = first + 1; group <= last; ++group) {
    text += (letters ? "" : ",") + name(group);
  }
  return text;
}

/// Ranks and tie groups of places that compete with one another, best first.
/// Groups are the largest sets whose intervals share a point; an interval's groups are neighbours,
/// so two numbers say which they are. O(n log n).
std::vector<RankedEntry> rank_places(std::vector<Place> places, std::span<const Score> scores) {
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    return std::tie(a.value, scores[a.score].entry_id) <
           std::tie(b.value, scores[b.score].entry_id);
  });
  std::vector<double> lows;
  std::vector<double> highs;
  for (const Place& place : places) {
    lows.push_back(place.low);
    highs.push_back(place.high);
  }
  std::sort(lows.begin(), lows.end());
  std::sort(highs.begin(), highs.end());
  // A set is largest where an interval ends and one has begun since the last such end: `closings`
  // holds that end for each group.
  std::vector<double> closings;
  auto low = lows.begin();
  for (const double high : highs) {
    bool begun = false;
    while (low != lows.end() && *low <= high) {
      begun = true;
      ++low;
    }
    if (begun) closings.push_back(high);
  }
  const auto count = [](auto from, auto to) { return static_cast<std::size_t>(to - from); };
  std::vector<RankedEntry> ranked;
  for (const Place& place : places) {
    const std::size_t better =
        count(highs.begin(), std::lower_bound(highs.begin(), highs.end(), place.low));
    const std::size_t worse_ones =
        count(std::upper_bound(lows.begin(), lows.end(), place.high), lows.end());
    // It is in every group that closes while it is open.
    const std::size_t first =
        count(closings.begin(), std::lower_bound(closings.begin(), closings.end(), place.low));
    const std::size_t last =
        count(closings.begin(), std::upper_bound(closings.begin(), closings.end(), place.high)) - 1;
    ranked.push_back({.score = place.score,
                      .best = static_cast<int>(better) + 1,
                      .worst = static_cast<int>(places.size() - worse_ones),
                      .group = group_name(first, last, closings.size())});
  }
  return ranked;
}

/// 0.95 -> "95", 0.925 -> "92.5"
std::string percent(double share) {
  std::string text = std::to_string(std::round(share * 1e6) / 1e4);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// "balanced-accuracy" -> "balanced accuracy"
std::string words_of(std::string metric) {
  std::replace(metric.begin(), metric.end(), '-', ' ');
  return metric;
}

/// A metric as "more is better": of a loss the negative. What has no interval is as good as it
/// says.
struct Goodness {
  double value = 0;
  double low = 0;
  double high = 0;
};
Goodness goodness(const Score& score) {
  const Estimate& estimate = *quality(score);
  const Interval reach = estimate.interval.value_or(Interval{estimate.value, estimate.value});
  if (score.less_is_better) return {-estimate.value, -reach.high, -reach.low};
  return {estimate.value, reach.low, reach.high};
}
/// A floor on that scale.
double as_goodness(double floor, const Metric& metric) {
  return metric.less_is_better ? -floor : floor;
}

/// A figure of the metric: "95 %", "0.3".
std::string figure(double value, const Metric& metric) {
  if (metric.is_share) return percent(value) + " %";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// Best first, each once.
std::vector<double> floors_of(const Track& track) {
  std::vector<double> floors = track.ranking.floors;
  std::sort(floors.begin(), floors.end(), std::greater<>());
  if (track.metric.less_is_better) std::reverse(floors.begin(), floors.end());
  floors.erase(std::unique(floors.begin(), floors.end()), floors.end());
  return floors;
}

std::string below_lowest_floor(const Score& score, double floor, const Metric& metric) {
  const Goodness good = goodness(score);
  if (metric.less_is_better) {
    return "its " + words_of(score.metric) + " is surely at most " + figure(-good.low, metric) +
           " only, above the highest ceiling of " + figure(floor, metric);
  }
  return "its " + words_of(score.metric) + " is surely at least " + figure(good.low, metric) +
         " only, below the lowest floor of " + figure(floor, metric);
}

RankedCategory category_of(std::string id, std::string title, std::string label, double floor,
                           std::vector<Place> places, std::span<const Score> scores) {
  return {.id = std::move(id),
          .title = std::move(title),
          .label = std::move(label),
          .floor = floor,
          .entries = rank_places(std::move(places), scores)};
}

/// Cumulative: an entry competes wherever the low end of its accuracy's interval meets the floor.
std::vector<RankedCategory> rank_by_floors(std::span<const Score> scores,
                                           const std::vector<std::size_t>& members,
                                           const Track& track,
                                           std::vector<UnrankedEntry>& unranked) {
  const std::vector<double> floors = floors_of(track);
  const Metric& metric = track.metric;
  std::vector<RankedCategory> categories;
  for (const double floor : floors) {
    std::vector<Place> places;
    for (const std::size_t member : members) {
      if (goodness(scores[member]).low >= as_goodness(floor, metric)) {
        places.push_back(log_place(member, *energy_figure(scores[member])));
      }
    }
    if (places.empty()) continue;
    const char* const surely = metric.less_is_better ? " surely at most " : " surely at least ";
    const char* const sign = metric.less_is_better ? "≤ " : "≥ ";
    categories.push_back(category_of(metric.is_share ? percent(floor) : figure(floor, metric),
                                     words_of(metric.name) + surely + figure(floor, metric),
                                     sign + figure(floor, metric), floor, std::move(places),
                                     scores));
  }
  for (const std::size_t member : members) {
    if (goodness(scores[member]).low < as_goodness(floors.back(), metric)) {
      unranked.push_back({member, below_lowest_floor(scores[member], floors.back(), metric)});
    }
  }
  return categories;
}

/// The classes of 2021: half-open intervals between the floors, the last one closed at 100 %.
std::vector<RankedCategory> rank_as_acml2021(std::span<const Score> scores,
                                             const std::vector<std::size_t>& members,
                                             const Track& track,
                                             std::vector<UnrankedEntry>& unranked) {
  const std::vector<double> floors = floors_of(track);
  const Metric& metric = track.metric;
  // Bounds without unit: it stands behind the class.
  const auto bound = [&](double value) {
    return metric.is_share ? percent(value) : figure(value, metric);
  };
  std::vector<RankedCategory> categories;
  for (std::size_t i = 0; i < floors.size(); ++i) {
    std::vector<Place> places;
    for (const std::size_t member : members) {
      const double value = goodness(scores[member]).value;
      if (value < as_goodness(floors[i], metric)) continue;
      if (i > 0 && value >= as_goodness(floors[i - 1], metric)) continue;
      const double energy = std::log(joules_per_passes(scores[member], 200));
      places.push_back({member, energy, energy - kHalfTie, energy + kHalfTie});
    }
    if (places.empty()) continue;
    std::string name;
    if (metric.less_is_better) {
      name = i == 0 ? "up to " + bound(floors[0])
                    : "]" + bound(floors[i - 1]) + ", " + bound(floors[i]) + "]";
    } else if (i == 0) {
      name = metric.is_share ? "[" + bound(floors[0]) + ", 100]" : "from " + bound(floors[0]);
    } else {
      name = "[" + bound(floors[i]) + ", " + bound(floors[i - 1]) + "[";
    }
    const char* const in = name[0] == '[' || name[0] == ']' ? " in " : " ";
    categories.push_back(
        category_of(name, words_of(metric.name) + in + name + (metric.is_share ? " %" : ""), {},
                    floors[i], std::move(places), scores));
  }
  for (const std::size_t member : members) {
    if (goodness(scores[member]).value >= as_goodness(floors.back(), metric)) continue;
    unranked.push_back(
        {member, "its " + words_of(metric.name) + " of " +
                     figure(quality(scores[member])->value, metric) +
                     (metric.less_is_better ? " is above the last class, which ends at "
                                            : " is below the lowest class, which begins at ") +
                     figure(floors.back(), metric)});
  }
  return categories;
}

/// Right answers per joule, as joules per right answer so that less is better. On the logarithm the
/// doubts of both add up in squares.
std::vector<RankedCategory> rank_by_accuracy_per_energy(std::span<const Score> scores,
                                                        const std::vector<std::size_t>& members,
                                                        const Track& track,
                                                        std::vector<UnrankedEntry>& unranked) {
  const double floor = floors_of(track).back();
  std::vector<Place> places;
  for (const std::size_t member : members) {
    const Goodness accuracy = goodness(scores[member]);
    if (accuracy.low < floor || accuracy.value <= 0) {
      unranked.push_back({member, below_lowest_floor(scores[member], floor, track.metric)});
      continue;
    }
    Place place = log_place(member, *energy_figure(scores[member]));
    const double log_accuracy = std::log(accuracy.value);
    // More accuracy lowers the joules per right answer: its high end goes with the low one.
    const double down = std::hypot(place.value - place.low, std::log(accuracy.high) - log_accuracy);
    const double up = std::hypot(place.high - place.value,
                                 accuracy.low > 0 ? log_accuracy - std::log(accuracy.low)
                                                  : std::numeric_limits<double>::infinity());
    place.value -= log_accuracy;
    place.low = place.value - down;
    place.high = place.value + up;
    places.push_back(place);
  }
  if (places.empty()) return {};
  return {category_of("per joule",
                      "right answers per joule, " + words_of(track.metric.name) +
                          " surely at least " + figure(floor, track.metric),
                      {}, floor, std::move(places), scores)};
}

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
std::vector<int> point_fronts(std::span<const Score> scores,
                              const std::vector<std::size_t>& members) {
  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](std::size_t i) {
    const Score& score = scores[members[i]];
    return std::pair(energy_figure(score)->value, -goodness(score).value);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  // The most accurate of each front so far; it falls from front to front, so a search finds the
  // first front that holds nobody as good.
  std::vector<std::pair<double, double>> best;  // (-accuracy, energy) of a front's last member
  std::vector<int> fronts(members.size());
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

std::vector<RankedCategory> rank_by_pareto(std::span<const Score> scores,
                                           const std::vector<std::size_t>& members, const Track&,
                                           std::vector<UnrankedEntry>&) {
  std::vector<FrontPoint> points;
  for (const std::size_t member : members) {
    const Place energy = log_place(member, *energy_figure(scores[member]));
    const Goodness accuracy = goodness(scores[member]);
    points.push_back({energy.low, energy.high, accuracy.low, accuracy.high});
  }
  const std::vector<int> sure = fronts_of(points);
  const std::vector<int> by_point = point_fronts(scores, members);
  std::map<int, std::vector<std::size_t>> fronts;
  for (std::size_t i = 0; i < members.size(); ++i) fronts[by_point[i]].push_back(i);
  std::vector<RankedCategory> categories;
  for (auto& [number, inside] : fronts) {
    std::sort(inside.begin(), inside.end(), [&](std::size_t a, std::size_t b) {
      const Score& left = scores[members[a]];
      const Score& right = scores[members[b]];
      return std::tie(energy_figure(left)->value, left.entry_id) <
             std::tie(energy_figure(right)->value, right.entry_id);
    });
    RankedCategory category{.id = "front " + std::to_string(number),
                            .title = number == 1 ? "front 1: nobody is better in both"
                                                 : "front " + std::to_string(number)};
    for (const std::size_t i : inside) {
      category.entries.push_back({.score = members[i], .best = sure[i], .worst = number});
    }
    categories.push_back(std::move(category));
  }
  return categories;
}

/// The rules by name; a change that could alter a rank is a new version.
struct Rule {
  const char* name;
  int version;
  bool cumulative;
  std::vector<RankedCategory> (*rank)(std::span<const Score>, const std::vector<std::size_t>&,
                                      const Track&, std::vector<UnrankedEntry>&);
};
constexpr Rule kRules[] = {{"floors", 1, true, rank_by_floors},
                           {"acml2021", 1, false, rank_as_acml2021},
                           {"accuracy-per-energy", 1, false, rank_by_accuracy_per_energy},
                           {"pareto", 1, false, rank_by_pareto}};

const Rule& rule_named(const std::string& name, const Track& track) {
  std::vector<std::string> known;
  std::string list;
  for (const Rule& rule : kRules) {
    if (rule.name == name) return rule;
    known.push_back(rule.name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  const std::string near = nearest_name(name, known);
  throw Error({.what = "cannot rank the track " + track.id,
               .where = "ranking.rule: there is no rule \"" + name + "\"; there are " + list,
               .hint = near.empty() ? "" : "did you mean \"" + near + "\"?"});
}

std::string reason_of_outcome(const Score& score) {
  switch (score.outcome) {
    case Outcome::valid:
      return {};
    case Outcome::voided:
      return "its run is void: " + score.message;
    case Outcome::infrastructure:
      return score.message.empty()
                 ? "its run is not finished"
                 : "its run could not go on, through no fault of its own: " + score.message;
    default:
      return std::string("it failed (") + to_string(score.outcome) + "): " + score.message;
  }
}

/// Empty: it may be ranked.
std::string reason_against(const Score& score, const Track& track) {
  if (score.outcome != Outcome::valid) return reason_of_outcome(score);
  std::string reasons;
  for (const std::string& reason : score.unranked)
    reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!reasons.empty()) return reasons;
  if (score.metric != track.metric.name) {
    return "it was scored by " + score.metric + ", the track ranks by " + track.metric.name +
           ": joulebench score does it";
  }
  if (!quality(score)) return "it has no " + words_of(score.metric);
  if (!energy_figure(score)) return "it has no energy";
  if (score.blocks < track.ranking.min_blocks) {
    return "it has " + std::to_string(score.blocks) + " valid " +
           (score.blocks == 1 ? "block" : "blocks") + "; the track ranks from " +
           std::to_string(track.ranking.min_blocks) + " on (ranking.min_blocks)";
  }
  return {};
}

/// What is derived from power may stand beside counters where the track says so; what is modelled
/// never stands beside either.
EnergyClass section_class(EnergyClass of_score, EnergyClass of_track) {
  const bool both = of_score <= EnergyClass::derived && of_track == EnergyClass::derived;
  return both ? EnergyClass::derived : of_score;
}

}  // namespace

Ranking rank_scores(std::span<const Score> scores, const Track& track) {
  const Rule& rule = rule_named(track.ranking.rule, track);
  Ranking ranking{.rule = std::string(rule.name) + "/" + std::to_string(rule.version),
                  .cumulative = rule.cumulative};
  std::map<std::pair<EnergyClass, std::string>, std::vector<std::size_t>> sections;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    std::string reason = reason_against(scores[i], track);
    if (!reason.empty()) {
      ranking.unranked.push_back({i, std::move(reason)});
      continue;
    }
    sections[{section_class(scores[i].energy_class, track.energy.energy_class), scores[i].node}]
        .push_back(i);
  }
  for (const auto& [key, members] : sections) {
    std::vector<RankedCategory> categories = rule.rank(scores, members, track, ranking.unranked);
    if (categories.empty()) continue;
    ranking.sections.push_back(
        {.energy_class = key.first, .node = key.second, .categories = std::move(categories)});
  }
  std::sort(ranking.unranked.begin(), ranking.unranked.end(), [&](const auto& a, const auto& b) {
    const Score& left = scores[a.score];
    const Score& right = scores[b.score];
    return std::tie(left.entry_name, left.entry_id) < std::tie(right.entry_name, right.entry_id);
  });
  return ranking;
}

std::vector<bool> non_dominated(std::span<const Score> scores) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (quality(scores[i]) && energy_figure(scores[i])) members.push_back(i);
  }
  const std::vector<int> fronts = point_fronts(scores, members);
  std::vector<bool> result(scores.size(), false);
  for (std::size_t i = 0; i < members.size(); ++i) result[members[i]] = fronts[i] == 1;
  return result;
}

}  // namespace joulebench
