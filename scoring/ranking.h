#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/competition.h"
#include "scoring/score.h"

namespace joulebench {

/// One entry's place in one category.
struct RankedEntry {
  std::size_t score = 0;  // index into the scores that were ranked
  int best = 0;           // 1 + entries that are surely better
  int worst = 0;          // entries of the category less those that are surely worse
  std::string group;      // letters; entries that share one cannot be told apart
};

/// Entries that compete with one another, best point estimate first.
struct RankedCategory {
  std::string id;     // "0.95", "[95, 100]", "front 1"
  std::string title;  // "accuracy surely at least 95 %"
  double floor = 0;   // accuracy that admits to it
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

/// Ranks by the track's rule. A pure function: the order of `scores` does not matter.
/// Two entries can be told apart when their intervals, each at least 0.5 % wide to either side, do
/// not overlap; so less than 1 % apart is always a tie, and an entry without interval ties with
/// all. Errors: Error naming a rule that does not exist.
Ranking rank_scores(std::span<const Score> scores, const Track& track);

}  // namespace joulebench
