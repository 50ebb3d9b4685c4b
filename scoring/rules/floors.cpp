#include "scoring/rules/places.h"

#include "core/text.h"

namespace joulebench {
namespace {

/// Cumulative: an entry competes wherever the bound of its accuracy meets the floor.
std::vector<RankedCategory> rank_by_floors(const SectionEntries& field,
                                           std::vector<UnrankedEntry>& unranked) {
  const std::vector<double> floors = floors_of(field.track);
  const Metric& metric = field.track.metric;
  std::vector<double> bounds;
  for (std::size_t i = 0; i < field.members.size(); ++i) {
    bounds.push_back(floor_bound(field.score(i), field.track));
  }
  std::vector<RankedCategory> categories;
  for (const double floor : floors) {
    std::vector<Place> places;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      if (bounds[i] >= as_goodness(floor, metric)) places.push_back({.member = i});
    }
    if (places.empty()) continue;
    const std::string text = metric_text(floor, metric);
    RankedCategory category{.id = metric.is_share ? percent_text(floor) : text,
                            .title = metric_words(metric.name) +
                                     (metric.less_is_better ? " at most " : " at least ") + text,
                            .label = (metric.less_is_better ? "≤ " : "≥ ") + text,
                            .floor = floor};
    rank_places(category, std::move(places), field);
    categories.push_back(std::move(category));
  }
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (bounds[i] >= as_goodness(floors.back(), metric)) continue;
    unranked.push_back(
        {field.members[i], below_lowest_floor(field.score(i), floors.back(), field.track)});
  }
  return categories;
}

std::string describe_floors(const Track& track) {
  const bool less = track.metric.less_is_better;
  return std::string("Rule floors: an entry competes in each category whose ") +
         (less ? "ceiling (" : "floor (") + floors_text(track) + ") the " +
         (less ? "upper" : "lower") + " bound of its " + metric_words(track.metric.name) +
         " meets (" + floor_confidence_words(track) + "); inside a category the least energy per " +
         unit_of_work(track.task) + " wins. " + errors_text(track);
}

}  // namespace

const RankingRuleKind kFloorsRule{.name = "floors",
                                  .version = 2,
                                  .cumulative = true,
                                  .draws_floors = true,
                                  .validate = require_floors,
                                  .rank = rank_by_floors,
                                  .describe = describe_floors,
                                  .verdict = energy_verdict};

}  // namespace joulebench
