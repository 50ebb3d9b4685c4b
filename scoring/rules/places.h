#pragma once

#include <span>
#include <string>
#include <vector>

#include "scoring/rules/ranking_rule.h"

namespace joulebench {

// What the rules are made of: places on a scale where less is better, a metric read as "more is
// better", floors, and their words.

/// One entry on a scale where less is better, with the interval that decides ties.
struct Place {
  std::size_t score = 0;
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Less than 1 % apart is always a tie: each interval reaches at least half of that to either side.
constexpr double kHalfTie = 0.00497516542658404;  // ln(1.01) / 2

/// On the logarithm of `estimate`. Without an interval it ties with all.
Place log_place(std::size_t score, const Estimate& estimate);

/// A category of places that compete with one another: ranks, ranges and tie groups, best first.
RankedCategory category_of(std::string id, std::string title, std::string label, double floor,
                           std::vector<Place> places, std::span<const Score> scores);

/// A metric as "more is better": of a loss the negative. What has no interval is as good as it
/// says.
struct Goodness {
  double value = 0;
  double low = 0;
  double high = 0;
};
Goodness goodness(const Score& score);
/// A floor on that scale.
double as_goodness(double floor, const Metric& metric);
/// The track's floors, best first, each once.
std::vector<double> floors_of(const Track& track);

/// "balanced-accuracy" -> "balanced accuracy"
std::string metric_words(std::string metric);
/// A figure of the metric: "95 %", "0.3".
std::string metric_text(double value, const Metric& metric);
/// The track's floors as it writes them: "80 %, 90 %, 95 %".
std::string floors_text(const Track& track);
/// Why an entry whose bound misses the lowest floor has no rank.
std::string below_lowest_floor(const Score& score, double floor, const Metric& metric);

/// Refuses a track without floors. Errors: Error naming the field.
void require_floors(const Track& track, const std::string& where);
/// "34 % less energy than knn", or who else may lead: the verdict of rules by energy.
std::string energy_verdict(const Lead& lead);
/// The verdict where figures do not matter: several may lead, or there is no other entry; else
/// empty.
std::string verdict_without_figures(const Lead& lead);

}  // namespace joulebench
