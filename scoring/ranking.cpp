#include "scoring/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "core/error.h"

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

/// Cumulative: an entry competes wherever the low end of its accuracy's interval meets the floor.
std::vector<RankedCategory> rank_by_floors(std::span<const Score> scores,
                                           const std::vector<std::size_t>& members,
                                           const RankingRule& rule,
                                           std::vector<UnrankedEntry>& unranked) {
  std::vector<double> floors = rule.floors;
  std::sort(floors.begin(), floors.end(), std::greater<>());
  floors.erase(std::unique(floors.begin(), floors.end()), floors.end());
  std::vector<RankedCategory> categories;
  for (const double floor : floors) {
    std::vector<Place> places;
    for (const std::size_t member : members) {
      if (scores[member].accuracy->interval->low >= floor) {
        places.push_back(log_place(member, *scores[member].joules_per_sample));
      }
    }
    if (places.empty()) continue;
    categories.push_back({.id = percent(floor),
                          .title = "accuracy surely at least " + percent(floor) + " %",
                          .floor = floor,
                          .entries = rank_places(std::move(places), scores)});
  }
  for (const std::size_t member : members) {
    const double low = scores[member].accuracy->interval->low;
    if (low >= floors.back()) continue;
    unranked.push_back({member, "its accuracy is surely at least " + percent(low) +
                                    " % only, below the lowest floor of " + percent(floors.back()) +
                                    " %"});
  }
  return categories;
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
std::string reason_against(const Score& score) {
  if (score.outcome != Outcome::valid) return reason_of_outcome(score);
  std::string reasons;
  for (const std::string& reason : score.unranked)
    reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!reasons.empty()) return reasons;
  if (!score.accuracy) return "it has no accuracy";
  if (!score.joules_per_sample) return "it has no energy";
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
  const RankingRule& rule = track.ranking;
  if (rule.rule != "floors") {
    throw Error({.what = "cannot rank the track " + track.id,
                 .where = "ranking.rule: there is no rule \"" + rule.rule + "\"",
                 .hint = "known: floors"});
  }
  Ranking ranking{.rule = rule.rule + "/1"};
  std::map<std::pair<EnergyClass, std::string>, std::vector<std::size_t>> sections;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    std::string reason = reason_against(scores[i]);
    if (!reason.empty()) {
      ranking.unranked.push_back({i, std::move(reason)});
      continue;
    }
    sections[{section_class(scores[i].energy_class, track.energy.energy_class), scores[i].node}]
        .push_back(i);
  }
  for (const auto& [key, members] : sections) {
    std::vector<RankedCategory> categories =
        rank_by_floors(scores, members, rule, ranking.unranked);
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

}  // namespace joulebench
