#pragma once

#include <string>
#include <vector>

#include "core/competition.h"

namespace joulebench {

/// A field of a competition file that differs from the one that a board has.
struct FieldChange {
  std::string field;   // "tracks[digits].ranking.floors"
  std::string before;  // as JSON; "absent"
  std::string after;
  bool remeasures = false;  // blocks are run again; else scores are computed again
};

/// What differs, in the order of the fields' names. Defaults that are written out do not differ
/// from defaults that are left out; a file that only looks different has no changes.
std::vector<FieldChange> changes_between(const Competition& stored, const Competition& given);

/// The part of a track that blocks are measured by, as JSON text: equal for two tracks whose blocks
/// can be of one run. Titles, rules, floors, baselines and the number of blocks are not in it.
std::string measuring_rules(const Track& track);

/// Errors: Error with the changes, if there are any, and the option that takes them.
void require_unchanged(const Competition& stored, const Competition& given);

}  // namespace joulebench
