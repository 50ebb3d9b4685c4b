#include "scoring/rules/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

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

/// Decides many contrasts at one error as relation_of() does, nearly all of them without computing
/// a quantile: Student's falls with the degrees of freedom, so whole numbers of them bound it.
class PairTest {
 public:
  explicit PairTest(double error) : error_(error) {}

  bool differs(const Contrast& contrast) const {
    if (!(contrast.degrees > 0)) return false;
    const double size = std::abs(contrast.difference);
    if (size < std::log1p(kEquivalenceMargin) - 1e-12) return false;
    const auto below = static_cast<std::size_t>(contrast.degrees);
    const double squared = size * size / contrast.variance;  // infinite without noise
    if (below >= 1 && squared > at(below) * at(below)) return true;
    if (squared < at(below + 1) * at(below + 1)) return false;
    return relation_of(contrast, error_) <= Relation::more;
  }
  /// No difference larger than this times the root of its variance is undecided.
  double most(double least_degrees) const {
    return least_degrees >= 1 ? at(static_cast<std::size_t>(least_degrees))
                              : upper_t_quantile(error_ / 2, least_degrees);
  }

 private:
  double at(std::size_t degrees) const {
    degrees = std::min(degrees, kMostDegrees);
    double& quantile = quantiles_[degrees];
    if (quantile == 0) {
      quantile = upper_t_quantile(error_ / 2, static_cast<double>(degrees));
    }
    return quantile;
  }
  static constexpr std::size_t kMostDegrees = 1000;  // above, the quantile moves by less than 0.2 %

  double error_;
  mutable std::array<double, kMostDegrees + 1> quantiles_{};
};

/// What comparing each place with those before it says, places sorted by value.
struct Sweep {
  std::vector<int> better;       // how many are significantly better
  std::vector<int> worse;        // how many are significantly worse
  std::vector<int> last_better;  // the place of the nearest of `better`; -1: none
};

Contrast contrast_of(const Place& a, const Place& b, const SectionEntries& field) {
  Contrast contrast = field.contest.contrast(a.member, b.member);
  contrast.difference = a.value - b.value;
  const double added = a.added_variance + b.added_variance;
  if (added > 0 && contrast.degrees > 0) {
    // Satterthwaite, with what was added taken as exactly known.
    const double sum = contrast.variance + added;
    contrast.degrees = contrast.variance > 0
                           ? contrast.degrees * sum * sum / (contrast.variance * contrast.variance)
                           : 1e6;
    contrast.variance = sum;
  }
  return contrast;
}

/// Neighbours are compared one by one, until even the noisiest pair would differ: the rest is
/// counted. O(n) tests for places that lie apart, O(n^2) at worst.
Sweep sweep(const std::vector<Place>& places, const SectionEntries& field, const PairTest& test) {
  const std::size_t n = places.size();
  Sweep found{std::vector<int>(n, 0), std::vector<int>(n, 0), std::vector<int>(n, -1)};
  std::vector<double> most_variance(n + 1, 0);  // of the places before
  std::vector<int> known(n + 1, 0), last_known(n + 1, -1);
  double least_degrees = 1e6;
  for (std::size_t i = 0; i < n; ++i) {
    const double degrees = field.contest.degrees(places[i].member);
    if (degrees > 0) least_degrees = std::min(least_degrees, degrees);
    const double variance =
        field.contest.most_variance(places[i].member) + places[i].added_variance;
    most_variance[i + 1] = std::max(most_variance[i], variance);
    known[i + 1] = known[i] + (degrees > 0 ? 1 : 0);
    last_known[i + 1] = degrees > 0 ? static_cast<int>(i) : last_known[i];
  }
  const double quantile = test.most(least_degrees);
  std::vector<int> worse_from(n + 1, 0);  // summed from the end: all known places up to here
  for (std::size_t i = 1; i < n; ++i) {
    if (!(field.contest.degrees(places[i].member) > 0)) continue;
    const double own = field.contest.most_variance(places[i].member) + places[i].added_variance;
    std::size_t j = i;
    while (j-- > 0) {
      const double apart = places[i].value - places[j].value;
      if (apart > kEquivalenceMargin &&
          apart * apart > quantile * quantile * (own + most_variance[j + 1])) {
        found.better[i] += known[j + 1];
        ++worse_from[j + 1];
        found.last_better[i] = std::max(found.last_better[i], last_known[j + 1]);
        break;
      }
      if (!test.differs(contrast_of(places[i], places[j], field))) continue;
      ++found.better[i];
      ++found.worse[j];
      found.last_better[i] = std::max(found.last_better[i], static_cast<int>(j));
    }
  }
  int all_up_to_here = 0;
  for (std::size_t i = n; i-- > 0;) {
    all_up_to_here += worse_from[i + 1];
    if (field.contest.degrees(places[i].member) > 0) found.worse[i] += all_up_to_here;
  }
  return found;
}

/// The largest runs of neighbours in which no two differ: first and last place of each.
std::vector<std::pair<std::size_t, std::size_t>> tie_groups(const Sweep& found) {
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

std::optional<std::size_t> winner_of(const std::vector<Place>& places,
                                     const SectionEntries& field) {
  if (places.size() < 2) return std::nullopt;
  const PairTest test(field.error() / static_cast<double>(places.size() - 1));
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (!test.differs(contrast_of(places[0], places[i], field))) return std::nullopt;
  }
  return field.members[places[0].member];
}

}  // namespace

Place energy_place(const SectionEntries& field, std::size_t member) {
  return {.member = member, .value = field.contest.level(member)};
}

void rank_places(RankedCategory& category, std::vector<Place> places, const SectionEntries& field) {
  const auto key = [&](const Place& place) {
    return std::tie(place.value, field.score(place.member).entry_id);
  };
  std::sort(places.begin(), places.end(),
            [&](const Place& a, const Place& b) { return key(a) < key(b); });
  const PairTest test(field.error());
  const Sweep found = sweep(places, field, test);
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
                                .level = places[i].value});
  }
  category.winner = winner_of(places, field);
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

std::string below_lowest_floor(const Score& score, double floor, const Track& track) {
  const Metric& metric = track.metric;
  const double bound = floor_bound(score, track);
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
         " % apart; a winner is named at " + error + " over its whole category.";
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
