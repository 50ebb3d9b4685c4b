#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

/// Right answers per joule, as joules per right answer so that less is better. On the logarithm the
/// doubts of both add up in squares.
std::vector<RankedCategory> rank_by_accuracy_per_energy(std::span<const Score> scores,
                                                        const std::vector<std::size_t>& members,
                                                        const Track& track,
                                                        std::vector<UnrankedEntry>& unranked) {
  const double floor = floors_of(track).back();
  std::vector<Place> places;
  for (const std::size_t member : members) {
    const Goodness accuracy = goodness(scores[member]);
    if (accuracy.low < floor || accuracy.value <= 0) {
      unranked.push_back({member, below_lowest_floor(scores[member], floor, track.metric)});
      continue;
    }
    Place place = log_place(member, *energy_figure(scores[member]));
    const double log_accuracy = std::log(accuracy.value);
    // More accuracy lowers the joules per right answer: its high end goes with the low one.
    const double down = std::hypot(place.value - place.low, std::log(accuracy.high) - log_accuracy);
    const double up = std::hypot(place.high - place.value,
                                 accuracy.low > 0 ? log_accuracy - std::log(accuracy.low)
                                                  : std::numeric_limits<double>::infinity());
    place.value -= log_accuracy;
    place.low = place.value - down;
    place.high = place.value + up;
    places.push_back(place);
  }
  if (places.empty()) return {};
  return {category_of("per joule",
                      "right answers per joule, " + metric_words(track.metric.name) +
                          " surely at least " + metric_text(floor, track.metric),
                      {}, floor, std::move(places), scores)};
}

void validate_accuracy_per_energy(const Track& track, const std::string& where) {
  if (track.metric.less_is_better || !track.metric.is_share) {
    throw Error({.what = "this rule cannot rank by this metric",
                 .where = where +
                          ": field 'ranking.rule': right answers per joule have no meaning for " +
                          track.metric.name,
                 .hint = "rank it by \"floors\" or \"pareto\""});
  }
  require_floors(track, where);
}

std::string describe_accuracy_per_energy(const Track& track) {
  return "Rule accuracy-per-energy: the most right answers per joule wins, among entries whose " +
         metric_words(track.metric.name) + " surely meets the lowest of the floors " +
         floors_text(track) + ".";
}

std::string accuracy_per_energy_verdict(const Lead& lead) {
  if (std::string words = verdict_without_figures(lead); !words.empty()) return words;
  const auto per_joule = [](const Score& score) {
    return quality(score)->value / energy_figure(score)->value;
  };
  return fmt::format("{:.2f} times the right answers per joule of {}",
                     per_joule(lead.first) / per_joule(*lead.next), lead.next->entry_name);
}

}  // namespace

const RankingRuleKind kAccuracyPerEnergyRule{.name = "accuracy-per-energy",
                                             .version = 1,
                                             .validate = validate_accuracy_per_energy,
                                             .rank = rank_by_accuracy_per_energy,
                                             .describe = describe_accuracy_per_energy,
                                             .verdict = accuracy_per_energy_verdict};

}  // namespace joulebench
