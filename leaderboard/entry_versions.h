#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/intake_rules.h"
#include "leaderboard/store.h"
#include "scoring/ranking.h"

namespace joulebench {

/// Ids of the versions that teams chose, by team and name.
using SelectedVersions = std::map<std::pair<std::string, std::string>, std::string>;

/// Says of each entry of a track which other version of it stands in its place, if one does
/// (`state`, `superseded_by`). An entry is (team, name); baselines, those without a team and what
/// was withdrawn or disqualified are left alone, and a version that is not evaluated yet stands in
/// nobody's place. `ranking` is of all of `entries` together; only VersionRule::best looks at it.
void mark_superseded(std::vector<BoardEntry>& entries, VersionRule rule,
                     const SelectedVersions& selected, const Ranking& ranking);

/// Whether any two of `entries` are versions of one entry.
bool has_versions(const std::vector<BoardEntry>& entries);

/// The first digits of an entry's id, as tables show it.
std::string short_id(const std::string& id);

}  // namespace joulebench
