#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/competition.h"
#include "scoring/score.h"

namespace joulebench {

/// One entry's place in one category. Under `pareto` best and worst are fronts: the one it stands
/// in when only sure dominance counts, and the one by point estimates; there are no groups.
struct RankedEntry {
  std::size_t score = 0;  // index into the scores that were ranked
  int best = 0;           // 1 + entries that are surely better
  int worst = 0;          // entries of the category less those that are surely worse
  std::string group;      // letters; entries that share one cannot be told apart
};

/// Entries that compete with one another, best point estimate first.
struct RankedCategory {
  std::string id;     // "0.95", "[95, 100]", "front 1"
  std::string title;  // "accuracy surely at least 95 %", "log loss surely at most 0.3"
  std::string label;  // the same for a narrow column: "≥ 95 %", "≤ 0.3"; empty: `title` is short
  double floor = 0;   // what admits to it, in the metric's unit
  std::vector<RankedEntry> entries;
};

/// Entries whose figures may stand beside each other: one class of energy, one node in one state.
struct RankedSection {
  EnergyClass energy_class = EnergyClass::measured;
  std::string node;
  std::vector<RankedCategory> categories;
};

struct UnrankedEntry {
  std::size_t score = 0;
  std::string reason;  // in words
};

struct Ranking {
  std::string rule;                     // "floors/1": name and version of the function
  bool cumulative = true;               // an entry may stand in several categories of a section
  std::vector<RankedSection> sections;  // the class that the track asks for first
  std::vector<UnrankedEntry> unranked;  // failed, void, suspect, incomplete, below every floor
};

/// Refuses tracks that their rules cannot rank. Errors: Error naming the file, track and field, or
/// a rule that does not exist and the nearest that does.
void validate_ranking(const Competition& competition);

/// Ranks by the track's rule. A pure function: the order of `scores` does not matter.
///   floors/1               cumulative categories: an entry competes wherever the low end of its
///                          accuracy's interval meets the floor; least energy per sample first
///   acml2021/1             half-open classes between the floors by the accuracy's point estimate,
///                          least energy of 200 passes first; point estimates decide, as they did
///                          then
///   accuracy-per-energy/1  right answers per joule of those that surely meet the lowest floor
///   pareto/1               fronts: nobody in a front has both less energy and more accuracy than
///                          another
/// For "accuracy" read the track's metric. Where less of it is better, floors are ceilings: the
/// high end of the interval must not be above, classes are half-open at the other end, and the
/// lowest ceiling comes first. An outside score without interval is taken as it stands.
/// Two entries can be told apart when their intervals, each at least 0.5 % wide to either side, do
/// not overlap; so less than 1 % apart is always a tie, and an entry without interval ties with
/// all. Errors: Error naming a rule that does not exist, and the nearest that does.
Ranking rank_scores(std::span<const Score> scores, const Track& track);

/// Which of the points no other beats in both (less energy, more accuracy); equal points both stay.
std::vector<bool> non_dominated(std::span<const Score> scores);

}  // namespace joulebench
