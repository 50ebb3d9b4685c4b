#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

/// "[90, 95[" or, where less is better, "]0.3, 0.5]": class `i` of the floors, without unit.
std::string class_name(const std::vector<double>& floors, std::size_t i, const Metric& metric) {
  const auto bound = [&](double value) {
    return metric.is_share ? percent_text(value) : metric_text(value, metric);
  };
  if (metric.less_is_better) {
    return i == 0 ? "up to " + bound(floors[0])
                  : "]" + bound(floors[i - 1]) + ", " + bound(floors[i]) + "]";
  }
  if (i == 0)
    return metric.is_share ? "[" + bound(floors[0]) + ", 100]" : "from " + bound(floors[0]);
  return "[" + bound(floors[i]) + ", " + bound(floors[i - 1]) + "[";
}

/// Strictly by point estimates, as then; only equal energies share a rank.
std::vector<RankedEntry> in_strict_order(const SectionEntries& field,
                                         std::vector<std::size_t> members) {
  const auto energy_of = [&](std::size_t member) { return point_energy(field, member); };
  const auto key = [&](std::size_t member) {
    return std::pair(energy_of(member), std::string_view(field.score(member).entry_id));
  };
  std::sort(members.begin(), members.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<RankedEntry> entries;
  const auto energy = [&](std::size_t i) { return energy_of(members[i]); };
  for (std::size_t first = 0; first < members.size();) {
    std::size_t end = first + 1;
    while (end < members.size() && energy(end) == energy(first)) ++end;
    for (std::size_t i = first; i < end; ++i) {
      entries.push_back({.score = field.members[members[i]],
                         .best = static_cast<int>(first) + 1,
                         .worst = static_cast<int>(end),
                         .level = std::log(energy(i))});
    }
    first = end;
  }
  return entries;
}

/// The leader and those whose energy does not differ significantly from its own, by the test of the
/// other rules; empty: nobody's does. Ranks are by point estimates all the same.
std::vector<std::size_t> tied_with_leader(const SectionEntries& field,
                                          const std::vector<std::size_t>& inside) {
  std::vector<std::size_t> tied;
  if (inside.empty() || !field.track.protocol.adds_blocks) return tied;
  const auto leader =
      std::min_element(inside.begin(), inside.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(point_energy(field, a), std::string_view(field.score(a).entry_id)) <
               std::pair(point_energy(field, b), std::string_view(field.score(b).entry_id));
      });
  for (const std::size_t member : inside) {
    if (member == *leader) continue;
    if (field.looks.relation(*leader, member) != Relation::undecided) continue;
    if (tied.empty()) tied.push_back(field.members[*leader]);
    tied.push_back(field.members[member]);
  }
  return tied;
}

/// The classes of 2021: half-open intervals between the floors, the last one closed at 100 %.
std::vector<RankedCategory> rank_as_acml2021(const SectionEntries& field,
                                             std::vector<UnrankedEntry>& unranked) {
  const std::vector<double> floors = floors_of(field.track);
  const Metric& metric = field.track.metric;
  std::vector<RankedCategory> categories;
  for (std::size_t i = 0; i < floors.size(); ++i) {
    std::vector<std::size_t> inside;
    for (std::size_t member = 0; member < field.members.size(); ++member) {
      const double value = goodness(field.score(member)).value;
      if (value < as_goodness(floors[i], metric)) continue;
      if (i > 0 && value >= as_goodness(floors[i - 1], metric)) continue;
      inside.push_back(member);
    }
    const std::string name = class_name(floors, i, metric);
    std::vector<std::size_t> tied = tied_with_leader(field, inside);
    const char* const in = name[0] == '[' || name[0] == ']' ? " in " : " ";
    categories.push_back(
        {.id = name,
         .title = metric_words(metric.name) + in + name + (metric.is_share ? " %" : ""),
         .floor = floors[i],
         .entries = in_strict_order(field, std::move(inside)),
         .tied_at_top = std::move(tied)});
  }
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    const Score& score = field.score(member);
    if (goodness(score).value >= as_goodness(floors.back(), metric)) continue;
    unranked.push_back(
        {field.members[member],
         "its " + metric_words(metric.name) + " of " + metric_text(quality(score)->value, metric) +
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
         "; inside a class the least energy of 200 passes over the test part wins, strictly by "
         "point estimates, as in the competition of 2021. What differs from it: passes are as many "
         "as a block needs, in fresh sandboxes and in orders of their own, and the energy of 200 "
         "is "
         "computed from them; it is a mean over blocks, shown with its interval; entries of "
         "several "
         "sessions are compared by what they are to their session's baseline." +
         looks_text(track);
}

std::string acml2021_verdict(const Lead& lead) {
  Lead by_points = lead;
  by_points.is_winner = true;  // point estimates decide
  return energy_verdict(by_points);
}

}  // namespace

const RankingRuleKind kAcml2021Rule{.name = "acml2021",
                                    .version = 2,
                                    .validate = validate_acml2021,
                                    .rank = rank_as_acml2021,
                                    .describe = describe_acml2021,
                                    .verdict = acml2021_verdict};

}  // namespace joulebench
