#include "core/intake_rules.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/units.h"

namespace joulebench {
namespace {

using nlohmann::json;

constexpr std::array kRules = {std::pair{VersionRule::newest, "newest"},
                               std::pair{VersionRule::best, "best"},
                               std::pair{VersionRule::selected, "selected"}};

}  // namespace

const char* to_string(VersionRule rule) {
  for (const auto& [known, name] : kRules) {
    if (known == rule) return name;
  }
  throw std::logic_error("bug: unknown rule of versions");
}

IntakeRules intake_rules_from_json(const json& competition) {
  IntakeRules rules;
  rules.teams = competition.value("teams", "");
  const json intake = competition.value("intake", json::object());
  rules.allows_unsigned = intake.value("unsigned", rules.allows_unsigned);
  rules.archive_bytes = intake.value("archive_mb", rules.archive_bytes / kMegabyte) * kMegabyte;
  rules.unpacked_bytes = intake.value("unpacked_mb", rules.unpacked_bytes / kMegabyte) * kMegabyte;
  const std::string wanted = competition.value("versions", to_string(rules.versions));
  for (const auto& [rule, name] : kRules) {
    if (wanted == name) rules.versions = rule;
  }
  return rules;
}

IntakeRules parse_intake_rules(std::string_view competition_text) {
  return intake_rules_from_json(json::parse(competition_text));
}

}  // namespace joulebench
