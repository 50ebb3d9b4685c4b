#include "scoring/rules/places.h"

#include "core/text.h"

namespace joulebench {
namespace {

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
    categories.push_back(
        category_of(metric.is_share ? percent_text(floor) : metric_text(floor, metric),
                    metric_words(metric.name) + surely + metric_text(floor, metric),
                    sign + metric_text(floor, metric), floor, std::move(places), scores));
  }
  for (const std::size_t member : members) {
    if (goodness(scores[member]).low < as_goodness(floors.back(), metric)) {
      unranked.push_back({member, below_lowest_floor(scores[member], floors.back(), metric)});
    }
  }
  return categories;
}

std::string describe_floors(const Track& track) {
  const bool less = track.metric.less_is_better;
  return std::string("Rule floors: an entry competes in each category whose ") +
         (less ? "ceiling (" : "floor (") + floors_text(track) + ") the " +
         (less ? "upper" : "lower") + " end of its " + metric_words(track.metric.name) +
         "’s interval meets; inside a category the least energy per " + unit_of_work(track.task) +
         " wins.";
}

}  // namespace

const RankingRuleKind kFloorsRule{.name = "floors",
                                  .version = 1,
                                  .cumulative = true,
                                  .draws_floors = true,
                                  .validate = require_floors,
                                  .rank = rank_by_floors,
                                  .describe = describe_floors,
                                  .verdict = energy_verdict};

}  // namespace joulebench
