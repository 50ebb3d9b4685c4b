#include "scoring/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>
#include <utility>
#include <vector>

#include "scoring/figures.h"

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
  if (!ratio.interval) {
    return "the energy of " + a.entry_name + " and " + b.entry_name +
           " cannot be told apart: one of them has a single block";
  }
  if (!comparison.energy_differs) {
    return "the energy of " + a.entry_name + " and " + b.entry_name +
           " cannot be told apart: " + number(std::abs(change)) + " % " +
           (change < 0 ? "less" : "more") + range;
  }
  if (many) {
    return a.entry_name + " uses " + number(ratio.value < 1 ? 1 / ratio.value : ratio.value) +
           " times " + (ratio.value < 1 ? "less" : "the") + " energy " +
           (ratio.value < 1 ? "than " : "of ") + b.entry_name + range;
  }
  return a.entry_name + " uses " + number(std::abs(change)) + " % " +
         (change < 0 ? "less" : "more") + " energy than " + b.entry_name + range;
}

std::string metric_words(const Score& a, const Comparison& comparison, const std::string& level) {
  const Estimate& difference = comparison.metric_difference;
  std::string name = a.metric;
  std::replace(name.begin(), name.end(), '-', ' ');
  if (!comparison.metric_differs) return name + " cannot be told apart";
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

}  // namespace

std::optional<Comparison> compare_scores(const Score& a, const Score& b, double confidence) {
  if (!energy_figure(a) || !energy_figure(b) || !quality(a) || !quality(b) ||
      a.metric != b.metric) {
    return std::nullopt;
  }
  Comparison result;
  const GeometricMean left = geometric_mean_of(block_figures(a), confidence);
  const GeometricMean right = geometric_mean_of(block_figures(b), confidence);
  const double difference = left.logs.mean - right.logs.mean;
  result.energy_ratio.value = std::exp(difference);
  if (left.logs.count > 1 && right.logs.count > 1) {
    const double noise = t_half_width(welch(left.logs, right.logs), confidence);
    const double half = std::hypot(noise, left.sensor(), right.sensor());
    result.energy_ratio.interval =
        Interval{std::exp(difference - half), std::exp(difference + half)};
    result.energy_differs = std::abs(difference) > half && std::abs(difference) >= std::log(1.01);
  }
  const Estimate& of_a = *quality(a);
  const Estimate& of_b = *quality(b);
  const double gap = of_a.value - of_b.value;
  result.metric_difference.value = gap;
  if (of_a.interval && of_b.interval) {
    const Interval around{
        gap - std::hypot(of_a.value - of_a.interval->low, of_b.interval->high - of_b.value),
        gap + std::hypot(of_a.interval->high - of_a.value, of_b.value - of_b.interval->low)};
    result.metric_difference.interval = around;
    result.metric_differs = around.low > 0 || around.high < 0;
  }
  return result;
}

std::string compare_in_words(const Score& a, const Score& b, double confidence) {
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
  const std::optional<Comparison> comparison = compare_scores(a, b, confidence);
  if (!comparison) return "one of them has no energy or no " + a.metric;
  const std::string level = number(confidence * 100) + " %";
  return energy_words(a, b, *comparison, level) + "; " + metric_words(a, *comparison, level);
}

}  // namespace joulebench
