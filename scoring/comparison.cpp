#include "scoring/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "scoring/contest.h"

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
    return both + " does not differ significantly: too few blocks say how much it scatters";
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

/// The two first, then those of `others` that share a section with both: their blocks say what the
/// rounds did.
std::vector<Score> field_of(const Score& a, const Score& b, std::span<const Score> others) {
  std::vector<Score> field = {a, b};
  for (const Score& other : others) {
    const bool is_known = other.entry_id == a.entry_id || other.entry_id == b.entry_id;
    if (is_known || other.outcome != Outcome::valid || !other.unranked.empty() ||
        !energy_figure(other) || other.node != a.node || !ran_in_same_environment(other, a) ||
        other.source != a.source || other.total_formula != a.total_formula ||
        other.energy_class != a.energy_class) {
      continue;
    }
    field.push_back(other);
  }
  return field;
}

std::vector<std::size_t> first_numbers(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

}  // namespace

std::optional<MetricDifference> metric_difference(const Score& a, const Score& b) {
  if (!quality(a) || !quality(b) || a.metric != b.metric) return std::nullopt;
  const Estimate& of_a = *quality(a);
  const Estimate& of_b = *quality(b);
  const double gap = of_a.value - of_b.value;
  MetricDifference result{.difference = {.value = gap, .interval = std::nullopt}};
  if (of_a.interval && of_b.interval) {
    const Interval around{
        gap - std::hypot(of_a.value - of_a.interval->low, of_b.interval->high - of_b.value),
        gap + std::hypot(of_a.interval->high - of_a.value, of_b.value - of_b.interval->low)};
    result.difference.interval = around;
    result.differs = around.low > 0 || around.high < 0;
  }
  return result;
}

std::optional<Comparison> compare_scores(const Score& a, const Score& b, double confidence,
                                         std::span<const Score> others) {
  if (a.energy_class != b.energy_class || a.node != b.node || a.source != b.source ||
      a.total_formula != b.total_formula || !ran_in_same_environment(a, b)) {
    return std::nullopt;
  }
  if (!energy_figure(a) || !energy_figure(b) || !quality(a) || !quality(b) ||
      a.metric != b.metric) {
    return std::nullopt;
  }
  const std::vector<Score> field = field_of(a, b, others);
  const std::vector<std::size_t> members = first_numbers(field.size());
  const std::vector<std::size_t> groups = comparable_groups(field, members);
  if (groups[0] != groups[1]) return std::nullopt;
  std::vector<std::size_t> group;
  std::copy_if(members.begin(), members.end(), std::back_inserter(group),
               [&](std::size_t i) { return groups[i] == groups[0]; });
  const Contrast contrast = Contest(field, group).contrast(0, 1);
  Comparison result;
  result.energy_ratio = ratio_of(contrast, 1 - confidence);
  result.energy = relation_of(contrast, 1 - confidence);
  result.energy_differs = result.energy == Relation::less || result.energy == Relation::more;
  const MetricDifference metric = *metric_difference(a, b);
  result.metric_difference = metric.difference;
  result.metric_differs = metric.differs;
  return result;
}

std::string compare_in_words(const Score& a, const Score& b, double confidence,
                             std::span<const Score> others) {
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
  if (a.node != b.node) {
    return "they ran on different machines or settings: " + a.entry_name + " on " + a.node + "; " +
           b.entry_name + " on " + b.node;
  }
  if (!ran_in_same_environment(a, b)) {
    return "they ran in different environments: " + a.entry_name + " in " +
           environment_words(a.environment) + ", " + b.entry_name + " in " +
           environment_words(b.environment);
  }
  if (a.source != b.source || a.total_formula != b.total_formula) {
    return "their energies are not of the same: " + a.entry_name + " counts " + a.total_formula +
           " from " + a.source + ", " + b.entry_name + " counts " + b.total_formula + " from " +
           b.source;
  }
  const std::optional<Comparison> comparison = compare_scores(a, b, confidence, others);
  if (!comparison) {
    return "one of them has no energy or no " + a.metric +
           ", or they ran in different sessions without a common baseline";
  }
  const std::string level = number(confidence * 100) + " %";
  return energy_words(a, b, *comparison, level) + "; " + metrics_in_words(a, *comparison, level);
}

}  // namespace joulebench
