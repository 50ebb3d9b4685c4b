#include "scoring/rules/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "scoring/score.h"

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

/// The largest runs of neighbours in which no two differ: first and last place of each.
std::vector<std::pair<std::size_t, std::size_t>> tie_groups(const PairCounts& found) {
  std::vector<std::pair<std::size_t, std::size_t>> groups;
  std::size_t first = 0;
  for (std::size_t i = 0; i < found.last_better.size(); ++i) {
    const auto least = static_cast<std::size_t>(found.last_better[i] + 1);
    if (least > first) {
      groups.emplace_back(first, i - 1);
      first = least;
    }
  }
  groups.emplace_back(first, found.last_better.size() - 1);
  return groups;
}

}  // namespace

namespace {

/// Ranks that hold for all entries of a category at once, its winner, and who is tied with its
/// leader.
void add_ranges(RankedCategory& category, const std::vector<Place>& places,
                const SectionEntries& field) {
  const auto all = static_cast<int>(places.size());
  const bool is_small = places.size() <= kMostForRanges;
  if (is_small) {
    const PairCounts found = pairs_that_differ_together(places, field.looks);
    for (std::size_t i = 0; i < places.size(); ++i) {
      category.entries[i].sure_best = found.better[i] + 1;
      category.entries[i].sure_worst = all - found.worse[i];
    }
  }
  const RankedEntry& first = category.entries.front();
  const bool wins = is_small ? first.sure_worst == 1 : is_ahead_of_all(places, field.looks);
  if (all > 1 && wins && first.worst == 1) category.winner = first.score;
  if (category.winner) return;
  for (std::size_t i = 1; i < places.size(); ++i) {
    const RankedEntry& entry = category.entries[i];
    if ((is_small ? entry.sure_best : entry.best) > 1) continue;
    if (relation_of_places(places[0], places[i], field.looks) == Relation::equal) continue;
    category.tied_at_top.push_back(entry.score);
  }
  if (!category.tied_at_top.empty()) {
    category.tied_at_top.insert(category.tied_at_top.begin(), first.score);
  }
}

}  // namespace

void rank_places(RankedCategory& category, std::vector<Place> places, const SectionEntries& field) {
  const SectionLooks::Seen& latest = field.looks.all().back();
  const auto key = [&](const Place& place) {
    return std::pair(value_at(place, latest), std::string_view(field.score(place.member).entry_id));
  };
  std::sort(places.begin(), places.end(),
            [&](const Place& a, const Place& b) { return key(a) < key(b); });
  const PairCounts found = pairs_that_differ(places, field.looks);
  const auto groups = tie_groups(found);
  std::size_t first = 0, last = 0;  // of the groups that a place is in
  for (std::size_t i = 0; i < places.size(); ++i) {
    while (groups[first].second < i) ++first;
    last = std::max(last, first);
    while (last + 1 < groups.size() && groups[last + 1].first <= i) ++last;
    category.entries.push_back({.score = field.members[places[i].member],
                                .best = found.better[i] + 1,
                                .worst = static_cast<int>(places.size()) - found.worse[i],
                                .group = group_name(first, last, groups.size()),
                                .level = value_at(places[i], latest)});
  }
  add_ranges(category, places, field);
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

double floor_bound(const Score& score, const Track& track) {
  const double one_sided = track.ranking.floor_confidence;
  if (score.metric == "accuracy" && score.samples > 0 && score.accuracy) {
    // The low end of a two-sided interval leaves half of its error below.
    return accuracy_interval(score, 2 * one_sided - 1).low;
  }
  return goodness(score).low;
}

std::string floor_confidence_words(const Track& track) {
  if (track.metric.name == "accuracy") {
    return "one-sided, " + percent_text(track.ranking.floor_confidence) + " %";
  }
  return "end of its " + percent_text(track.ranking.confidence) + " % interval";
}

std::vector<double> floors_to_prove(const Track& track) {
  const RankingRuleKind& rule = ranking_rule(track);
  const std::vector<double> floors = floors_of(track);
  if (&rule == &kFloorsRule) return floors;
  if (&rule == &kAccuracyPerEnergyRule && !floors.empty()) return {floors.back()};
  return {};
}

std::vector<double> floors_met(const Score& score, const Track& track) {
  if (!quality(score)) return {};
  std::vector<double> met = floors_to_prove(track);
  const double bound = floor_bound(score, track);
  std::erase_if(met, [&](double floor) { return bound < as_goodness(floor, track.metric); });
  return met;
}

namespace {

/// Four digits of a bound, rounded away from the floor that it misses.
double short_of_floor(double bound) {
  if (bound == 0 || !std::isfinite(bound)) return bound;
  const double step = std::pow(10.0, std::floor(std::log10(std::abs(bound))) - 3);
  return std::floor(bound / step) * step;
}

}  // namespace

std::string below_lowest_floor(const Score& score, double floor, const Track& track) {
  const Metric& metric = track.metric;
  const double bound = short_of_floor(floor_bound(score, track));
  const std::string sure =
      " at " + percent_text(track.ranking.floor_confidence) + " % confidence, ";
  if (metric.less_is_better) {
    return "its " + metric_words(score.metric) + " is at most " + metric_text(-bound, metric) +
           " (upper bound), above the highest ceiling of " + metric_text(floor, metric);
  }
  return "its " + metric_words(score.metric) + " is at least " + metric_text(bound, metric) +
         (score.metric == "accuracy" ? sure : " (lower bound), ") + "below the lowest floor of " +
         metric_text(floor, metric);
}

std::string floors_text(const Track& track) {
  std::string floors;
  for (const double floor : track.ranking.floors) {
    floors += (floors.empty() ? "" : ", ") + metric_text(floor, track.metric);
  }
  return floors;
}

std::string errors_text(const Track& track) {
  const std::string error = percent_text(1 - track.ranking.confidence) + " %";
  return "Two entries differ when a round-adjusted Welch test on the logarithm says so at " +
         error + " for the pair and they are at least " + percent_text(kEquivalenceMargin) +
         " % apart; a winner is named at " + error + " over all pairs of its category (Holm)." +
         looks_text(track);
}

std::string looks_text(const Track& track) {
  const std::vector<Look> looks = planned_looks(track);
  if (looks.size() < 2) return {};
  std::string text =
      " Blocks are added for entries that are tied at the top: the campaign is looked at after ";
  for (const Look& look : looks) {
    text += fmt::format("{}{} ({:.2g} %)", &look == &looks.front() ? "" : ", ", look.blocks,
                        100 * look.error);
  }
  return text + " blocks of each; these errors of a look add up to the " +
         percent_text(1 - track.ranking.confidence) +
         " % (Lan and DeMets), and intervals are those of the latest look.";
}

double point_energy(const SectionEntries& field, std::size_t member) {
  if (!field.contest().is_across_sessions()) return energy_figure(field.score(member))->value;
  return std::exp(field.contest().level(member));
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
  if (lead.next == nullptr) return "no other entry in this category";
  return lead.leaders > 1 ? "not significantly different" : "";
}

std::string winner_words(const Lead& lead) {
  return lead.is_winner ? "" : "; not confirmed over all comparisons";
}

double energy_ratio(const Lead& lead) {
  return lead.ratio.value_or(energy_figure(lead.first)->value / energy_figure(*lead.next)->value);
}

std::string energy_verdict(const Lead& lead) {
  if (std::string words = verdict_without_figures(lead); !words.empty()) return words;
  const double ratio = energy_ratio(lead);
  const std::string& name = lead.next->entry_name;
  return (ratio > 0.1 ? fmt::format("{:.0f} % less energy than {}", (1 - ratio) * 100, name)
                      : fmt::format("{:.0f} times less energy than {}", 1 / ratio, name)) +
         winner_words(lead);
}

}  // namespace joulebench
