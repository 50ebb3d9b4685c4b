#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/competition.h"

namespace joulebench {

/// The teams of a competition and their keys: an OpenSSH list of allowed signers whose names are
/// the teams.
struct Teams {
  std::filesystem::path file;      // empty: the competition has none
  std::vector<std::string> names;  // of all teams that have a key

  bool has(const std::string& team) const;
};

/// Errors: Error naming the line that cannot be used: no key, a name that is a pattern or could be
/// read as another one, or a key that stands in two lines, since ssh-keygen finds the first only.
Teams read_teams(const Competition& competition);

}  // namespace joulebench
