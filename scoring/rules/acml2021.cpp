#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "scoring/figures.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

/// The classes of 2021: half-open intervals between the floors, the last one closed at 100 %.
std::vector<RankedCategory> rank_as_acml2021(std::span<const Score> scores,
                                             const std::vector<std::size_t>& members,
                                             const Track& track,
                                             std::vector<UnrankedEntry>& unranked) {
  const std::vector<double> floors = floors_of(track);
  const Metric& metric = track.metric;
  // Bounds without unit: it stands behind the class.
  const auto bound = [&](double value) {
    return metric.is_share ? percent_text(value) : metric_text(value, metric);
  };
  std::vector<RankedCategory> categories;
  for (std::size_t i = 0; i < floors.size(); ++i) {
    std::vector<Place> places;
    for (const std::size_t member : members) {
      const double value = goodness(scores[member]).value;
      if (value < as_goodness(floors[i], metric)) continue;
      if (i > 0 && value >= as_goodness(floors[i - 1], metric)) continue;
      const double energy = std::log(joules_per_passes(scores[member], 200));
      places.push_back({member, energy, energy - kHalfTie, energy + kHalfTie});
    }
    if (places.empty()) continue;
    std::string name;
    if (metric.less_is_better) {
      name = i == 0 ? "up to " + bound(floors[0])
                    : "]" + bound(floors[i - 1]) + ", " + bound(floors[i]) + "]";
    } else if (i == 0) {
      name = metric.is_share ? "[" + bound(floors[0]) + ", 100]" : "from " + bound(floors[0]);
    } else {
      name = "[" + bound(floors[i]) + ", " + bound(floors[i - 1]) + "[";
    }
    const char* const in = name[0] == '[' || name[0] == ']' ? " in " : " ";
    categories.push_back(
        category_of(name, metric_words(metric.name) + in + name + (metric.is_share ? " %" : ""), {},
                    floors[i], std::move(places), scores));
  }
  for (const std::size_t member : members) {
    if (goodness(scores[member]).value >= as_goodness(floors.back(), metric)) continue;
    unranked.push_back(
        {member, "its " + metric_words(metric.name) + " of " +
                     metric_text(quality(scores[member])->value, metric) +
                     (metric.less_is_better ? " is above the last class, which ends at "
                                            : " is below the lowest class, which begins at ") +
                     metric_text(floors.back(), metric)});
  }
  return categories;
}

void validate_acml2021(const Track& track, const std::string& where) {
  require_floors(track, where);
  if (track.task != Task::train) return;
  throw Error(
      {.what = "a track's fields do not fit together",
       .where = where +
                " is of the task \"train\", and field 'ranking.rule' ranks by the energy of "
                "200 predictions of the test set",
       .hint = "use floors, accuracy-per-energy or pareto"});
}

std::string describe_acml2021(const Track& track) {
  const Metric& metric = track.metric;
  return "Rule acml2021: half-open classes between " + floors_text(track) +
         (metric.less_is_better ? ""
          : metric.is_share     ? " and 100 %"
                                : " and above") +
         " by the point estimate of " + metric_words(metric.name) +
         "; inside a class the least energy of 200 passes over the test part wins, by point "
         "estimates, as in the competition of 2021.";
}

}  // namespace

const RankingRuleKind kAcml2021Rule{.name = "acml2021",
                                    .version = 1,
                                    .validate = validate_acml2021,
                                    .rank = rank_as_acml2021,
                                    .describe = describe_acml2021,
                                    .verdict = energy_verdict};

}  // namespace joulebench
