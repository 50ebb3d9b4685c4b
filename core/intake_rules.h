#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace joulebench {

/// Which version of an entry stands in the ranks. An entry is (team, name); each archive of it that
/// was accepted is a version.
enum class VersionRule {
  newest,   // that was received last
  best,     // that ranks best among them
  selected  // that the team chose; until it does, the newest
};
const char* to_string(VersionRule rule);

/// How a competition takes entries in: `teams`, `intake` and `versions` of competition.json.
struct IntakeRules {
  /// OpenSSH's list of allowed signers, relative to the competition file; its names are the teams.
  /// Empty: there is none.
  std::string teams;
  bool allows_unsigned = false;  // of teams that have no key in the list
  std::uint64_t archive_bytes = 256'000'000;
  std::uint64_t unpacked_bytes = 1'000'000'000;
  VersionRule versions = VersionRule::newest;
};

/// Of a competition.json that was checked with the schema.
IntakeRules intake_rules_from_json(const nlohmann::json& competition);
/// The same of its text.
IntakeRules parse_intake_rules(std::string_view competition_text);

}  // namespace joulebench
