#include "scoring/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>
#include <utility>
#include <vector>

#include "scoring/ranking.h"

namespace joulebench {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::abs(value) < 9.95 ? "%.1f" : "%.0f", value);
  return text;
}

std::string energy_words(const Score& a, const Score& b, const Comparison& comparison,
                         const std::string& level) {
  const Estimate& ratio = comparison.energy_ratio;
  const double change = (ratio.value - 1) * 100;
  const bool many = ratio.value >= 2 || ratio.value <= 0.5;
  std::string range;
  if (ratio.interval) {
    double low = ratio.interval->low;
    double high = ratio.interval->high;
    if (many && ratio.value < 1) {
      range = " (" + level + ": " + number(1 / high) + " to " + number(1 / low) + ")";
    } else if (many) {
      range = " (" + level + ": " + number(low) + " to " + number(high) + ")";
    } else {
      low = (low - 1) * 100;
      high = (high - 1) * 100;
      if (change < 0) std::tie(low, high) = std::pair(-high, -low);
      range = " (" + level + ": " + number(low) + " to " + number(high) + " %)";
    }
  }
  const std::string both = "the energy of " + a.entry_name + " and " + b.entry_name;
  if (!ratio.interval) {
    const bool is_short = a.block_scores.size() < 2 || b.block_scores.size() < 2;
    return both + " does not differ significantly: too few blocks " +
           (is_short ? "say how much it scatters" : "of both ran in the same rounds");
  }
  const std::string by = number(std::abs(change)) + " % " + (change < 0 ? "less" : "more") + range;
  if (comparison.energy == Relation::equal) return both + " is equal within 1 %: " + by;
  if (comparison.energy == Relation::undecided) {
    return both + " does not differ significantly: " + by;
  }
  if (many) {
    return a.entry_name + " uses " + number(ratio.value < 1 ? 1 / ratio.value : ratio.value) +
           " times " + (ratio.value < 1 ? "less" : "the") + " energy " +
           (ratio.value < 1 ? "than " : "of ") + b.entry_name + range;
  }
  return a.entry_name + " uses " + number(std::abs(change)) + " % " +
         (change < 0 ? "less" : "more") + " energy than " + b.entry_name + range;
}

std::string metrics_in_words(const Score& a, const Comparison& comparison,
                             const std::string& level) {
  const Estimate& difference = comparison.metric_difference;
  std::string name = a.metric;
  std::replace(name.begin(), name.end(), '-', ' ');
  if (!comparison.metric_differs) return name + " does not differ significantly";
  double low = std::abs(difference.interval->low);
  double high = std::abs(difference.interval->high);
  if (low > high) std::swap(low, high);
  if (!a.is_share) {
    char text[160];
    std::snprintf(text, sizeof text, "%.4g %s (%s: %.4g to %.4g)", std::abs(difference.value),
                  difference.value > 0 ? "higher" : "lower", level.c_str(), low, high);
    return name + " of " + a.entry_name + " is " + text;
  }
  const std::string points = number(std::abs(difference.value) * 100) + " points ";
  const std::string range =
      " (" + level + ": " + number(low * 100) + " to " + number(high * 100) + ")";
  if (a.metric == "accuracy") {
    return a.entry_name + " is " + points + (difference.value > 0 ? "more" : "less") + " accurate" +
           range;
  }
  return name + " of " + a.entry_name + " is " + points +
         (difference.value > 0 ? "higher" : "lower") + range;
}

/// Each other once, and neither of the two again.
std::vector<Score> with_others(const Score& a, const Score& b, std::span<const Score> others) {
  std::vector<Score> field = {a, b};
  for (const Score& other : others) {
    const bool is_there = std::any_of(field.begin(), field.end(), [&](const Score& one) {
      return one.entry_id == other.entry_id && one.node == other.node;
    });
    if (!is_there) field.push_back(other);
  }
  return field;
}

/// The track of a comparison that no track asks for.
Track track_of(const Score& score, double confidence) {
  Track track;
  track.task = score.task;
  track.metric.name = score.metric;
  track.metric.less_is_better = score.less_is_better;
  track.metric.is_share = score.is_share;
  track.ranking.rule = "pareto";  // asks nothing of a score
  track.ranking.confidence = confidence;
  track.ranking.min_blocks = 1;
  return track;
}

/// Where both were asked the same samples.
std::optional<PairedShares> paired_answers(const Score& a, const Score& b, double confidence) {
  if (a.metric != "accuracy" || !a.answers || !b.answers) return std::nullopt;
  const std::vector<bool>& of_a = a.answers->is_right;
  const std::vector<bool>& of_b = b.answers->is_right;
  if (a.answers->dataset_sha256 != b.answers->dataset_sha256 || of_a.size() != of_b.size() ||
      of_a.empty()) {
    return std::nullopt;
  }
  std::uint64_t only_a = 0, only_b = 0;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    only_a += of_a[i] && !of_b[i] ? 1 : 0;
    only_b += of_b[i] && !of_a[i] ? 1 : 0;
  }
  return paired_shares(only_a, only_b, of_a.size(), confidence);
}

}  // namespace

std::optional<MetricDifference> metric_difference(const Score& a, const Score& b,
                                                  double confidence) {
  if (!quality(a) || !quality(b) || a.metric != b.metric) return std::nullopt;
  MetricDifference result;
  if (const auto paired = paired_answers(a, b, confidence)) {
    result.difference = {.value = paired->difference, .interval = paired->interval};
    result.differs = paired->p_value < 1 - confidence;
    result.p_value = paired->p_value;
    return result;
  }
  const Estimate& of_a = *quality(a);
  const Estimate& of_b = *quality(b);
  const double gap = of_a.value - of_b.value;
  result.difference = {.value = gap, .interval = std::nullopt};
  if (of_a.interval && of_b.interval) {
    const Interval around{
        gap - std::hypot(of_a.value - of_a.interval->low, of_b.interval->high - of_b.value),
        gap + std::hypot(of_a.interval->high - of_a.value, of_b.value - of_b.interval->low)};
    result.difference.interval = around;
    result.differs = around.low > 0 || around.high < 0;
  }
  return result;
}

namespace {

/// What stands against a comparison before sections are looked at; empty: nothing.
std::string against_comparing(const Score& a, const Score& b) {
  for (const Score* score : {&a, &b}) {
    if (score->outcome != Outcome::valid) {
      return score->entry_name + " has nothing to compare: it failed (" +
             to_string(score->outcome) + ")";
    }
    if (!score->unranked.empty()) {
      return score->entry_name + " has nothing to compare: " + score->unranked.front();
    }
  }
  if ((a.energy_class == EnergyClass::modelled) != (b.energy_class == EnergyClass::modelled)) {
    return "modelled energy says nothing about measured energy: " + a.entry_name + " is " +
           to_string(a.energy_class) + ", " + b.entry_name + " is " + to_string(b.energy_class);
  }
  if (!energy_figure(a) || !energy_figure(b)) return "one of them has no energy";
  if (!quality(a) || !quality(b) || a.metric != b.metric) return "one of them has no " + a.metric;
  return {};
}

/// "they ran in different environments: ..."
std::string apart_words(const Score& a, const Score& b, const std::string& apart) {
  if (!ran_in_same_environment(a, b)) {
    return "they ran in different environments: " + a.entry_name + " in " +
           environment_words(a.environment) + ", " + b.entry_name + " in " +
           environment_words(b.environment);
  }
  if (a.node != b.node) {
    return "they ran on different machines or settings: " + a.entry_name + " on " + a.node + "; " +
           b.entry_name + " on " + b.node + " (" + apart + ")";
  }
  if (a.source != b.source || a.total_formula != b.total_formula) {
    return "their energies are not of the same: " + a.entry_name + " counts " + a.total_formula +
           " from " + a.source + ", " + b.entry_name + " counts " + b.total_formula + " from " +
           b.source;
  }
  return b.entry_name + " is not compared with " + a.entry_name + ": " + apart;
}

}  // namespace

std::optional<Comparison> compare_scores(const Score& a, const Score& b, const Track& track,
                                         std::span<const Score> others) {
  if (!against_comparing(a, b).empty()) return std::nullopt;
  const ComparedPair pair = compare_energy(with_others(a, b, others), track, 0, 1);
  if (!pair.apart.empty()) return std::nullopt;
  Comparison result;
  result.energy_ratio = pair.ratio;
  result.energy = pair.relation;
  result.energy_differs = result.energy == Relation::less || result.energy == Relation::more;
  result.error = pair.error;
  const MetricDifference metric = *metric_difference(a, b, track.ranking.confidence);
  result.metric_difference = metric.difference;
  result.metric_differs = metric.differs;
  result.metric_p_value = metric.p_value;
  return result;
}

std::optional<Comparison> compare_scores(const Score& a, const Score& b, double confidence,
                                         std::span<const Score> others) {
  return compare_scores(a, b, track_of(a, confidence), others);
}

std::string compare_in_words(const Score& a, const Score& b, const Track& track,
                             std::span<const Score> others) {
  if (std::string against = against_comparing(a, b); !against.empty()) return against;
  const std::optional<Comparison> comparison = compare_scores(a, b, track, others);
  if (!comparison) {
    return apart_words(a, b, compare_energy(with_others(a, b, others), track, 0, 1).apart);
  }
  // Of a campaign that adds blocks the interval is that of its latest look.
  return energy_words(a, b, *comparison, number(100 * (1 - comparison->error)) + " %") + "; " +
         metrics_in_words(a, *comparison, number(track.ranking.confidence * 100) + " %");
}

std::string compare_in_words(const Score& a, const Score& b, double confidence,
                             std::span<const Score> others) {
  return compare_in_words(a, b, track_of(a, confidence), others);
}

}  // namespace joulebench
