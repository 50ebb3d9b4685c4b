#include "scoring/rules/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

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

}  // namespace

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

RankedCategory category_of(std::string id, std::string title, std::string label, double floor,
                           std::vector<Place> places, std::span<const Score> scores) {
  return {.id = std::move(id),
          .title = std::move(title),
          .label = std::move(label),
          .floor = floor,
          .entries = rank_places(std::move(places), scores)};
}

std::string metric_words(std::string metric) {
  std::replace(metric.begin(), metric.end(), '-', ' ');
  return metric;
}

Goodness goodness(const Score& score) {
  const Estimate& estimate = *quality(score);
  const Interval reach = estimate.interval.value_or(Interval{estimate.value, estimate.value});
  if (score.less_is_better) return {-estimate.value, -reach.high, -reach.low};
  return {estimate.value, reach.low, reach.high};
}

double as_goodness(double floor, const Metric& metric) {
  return metric.less_is_better ? -floor : floor;
}

std::string metric_text(double value, const Metric& metric) {
  if (metric.is_share) return percent_text(value) + " %";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

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
    return "its " + metric_words(score.metric) + " is surely at most " +
           metric_text(-good.low, metric) + " only, above the highest ceiling of " +
           metric_text(floor, metric);
  }
  return "its " + metric_words(score.metric) + " is surely at least " +
         metric_text(good.low, metric) + " only, below the lowest floor of " +
         metric_text(floor, metric);
}

std::string floors_text(const Track& track) {
  std::string floors;
  for (const double floor : track.ranking.floors) {
    floors += (floors.empty() ? "" : ", ") + metric_text(floor, track.metric);
  }
  return floors;
}

void require_floors(const Track& track, const std::string& where) {
  if (!track.ranking.floors.empty()) return;
  throw Error(
      {.what = "a track has no floors",
       .where = where + ": field 'ranking.floors': " + track.metric.name +
                " is no share, so the usual floors say nothing about it",
       .hint = track.metric.less_is_better
                   ? "write the most that admits to each category, such as [0.5, 0.3]; or "
                     "rank by \"pareto\""
                   : "write the least that admits to each category; or rank by \"pareto\""});
}

std::string verdict_without_figures(const Lead& lead) {
  if (lead.leaders > 1) return "cannot be told apart";
  return lead.next == nullptr ? "no other entry in this category" : "";
}

std::string energy_verdict(const Lead& lead) {
  if (std::string words = verdict_without_figures(lead); !words.empty()) return words;
  const double ratio = energy_figure(lead.first)->value / energy_figure(*lead.next)->value;
  const std::string& name = lead.next->entry_name;
  return ratio > 0.1 ? fmt::format("{:.0f} % less energy than {}", (1 - ratio) * 100, name)
                     : fmt::format("{:.0f} times less energy than {}", 1 / ratio, name);
}

}  // namespace joulebench
