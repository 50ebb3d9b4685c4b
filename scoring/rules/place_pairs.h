#pragma once

#include <cstddef>
#include <vector>

#include "scoring/interim_looks.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {

/// One entry on a logarithmic scale where less is better: its energy's level, and what a rule adds.
struct Place {
  std::size_t member = 0;
  double added = 0;           // to the level
  double added_variance = 0;  // of what was added; as if from many degrees of freedom
};
/// Where it stands at a look.
double value_at(const Place& place, const SectionLooks::Seen& look);
Contrast contrast_at(const Place& a, const Place& b, const SectionLooks::Seen& look);
/// What the first look says that can tell.
Relation relation_of_places(const Place& a, const Place& b, const SectionLooks& looks);

/// What the test says of all pairs of places, sorted by their latest value.
struct PairCounts {
  std::vector<int> better;       // how many are significantly better
  std::vector<int> worse;        // how many are significantly worse
  std::vector<int> last_better;  // the place of the nearest of `better`; -1: none
};
/// Each pair at the error that a look has for one. O(n) tests for places that lie apart and one
/// look, O(n^2) at worst.
PairCounts pairs_that_differ(const std::vector<Place>& places, const SectionLooks& looks);
/// At a look's error for all pairs together: Holm's method, which holds the family-wise error
/// whatever is true. The ranges of ranks that follow hold all at once.
/// Source  S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
PairCounts pairs_that_differ_together(const std::vector<Place>& places, const SectionLooks& looks);
/// Whether the first is better than all others at the error for all pairs together, without Holm's
/// steps: for categories of more places than pairs can be gone through.
bool is_ahead_of_all(const std::vector<Place>& places, const SectionLooks& looks);

}  // namespace joulebench
