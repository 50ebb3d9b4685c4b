#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

/// Variance of the logarithm of a share, from its interval.
double log_variance(const Goodness& share, double confidence) {
  if (!(share.low > 0)) return std::numeric_limits<double>::infinity();
  const double half = std::log(share.high / share.low) / 2;
  return std::pow(half / normal_quantile((1 + confidence) / 2), 2);
}

/// Right answers per joule, as joules per right answer so that less is better. On the logarithm the
/// variances of both add up.
std::vector<RankedCategory> rank_by_accuracy_per_energy(const SectionEntries& field,
                                                        std::vector<UnrankedEntry>& unranked) {
  const double floor = floors_of(field.track).back();
  std::vector<Place> places;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    const Score& score = field.score(member);
    const Goodness accuracy = goodness(score);
    if (floor_bound(score, field.track) < floor || accuracy.value <= 0) {
      unranked.push_back({field.members[member], below_lowest_floor(score, floor, field.track)});
      continue;
    }
    Place place{.member = member};
    place.added = -std::log(accuracy.value);
    place.added_variance = log_variance(accuracy, field.track.ranking.confidence);
    places.push_back(place);
  }
  if (places.empty()) return {};
  RankedCategory category{.id = "per joule",
                          .title = "right answers per joule, " +
                                   metric_words(field.track.metric.name) + " at least " +
                                   metric_text(floor, field.track.metric),
                          .floor = floor};
  rank_places(category, std::move(places), field);
  return {std::move(category)};
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
         metric_words(track.metric.name) + " meets the lowest of the floors " + floors_text(track) +
         ". " + errors_text(track);
}

std::string accuracy_per_energy_verdict(const Lead& lead) {
  if (std::string words = verdict_without_figures(lead); !words.empty()) return words;
  const auto per_joule = [](const Score& score) {
    return quality(score)->value / energy_figure(score)->value;
  };
  return fmt::format("{:.2f} times the right answers per joule of {}",
                     per_joule(lead.first) / per_joule(*lead.next), lead.next->entry_name) +
         winner_words(lead);
}

}  // namespace

const RankingRuleKind kAccuracyPerEnergyRule{.name = "accuracy-per-energy",
                                             .version = 2,
                                             .validate = validate_accuracy_per_energy,
                                             .rank = rank_by_accuracy_per_energy,
                                             .describe = describe_accuracy_per_energy,
                                             .verdict = accuracy_per_energy_verdict};

}  // namespace joulebench
