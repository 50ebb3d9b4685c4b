#include "scoring/rules/ranking_rule.h"

#include "core/error.h"
#include "core/nearest_name.h"

namespace joulebench {

std::string RankingRuleKind::title() const {
  return std::string(name) + "/" + std::to_string(version);
}

std::span<const RankingRuleKind* const> ranking_rules() {
  static constexpr const RankingRuleKind* kRules[] = {&kFloorsRule, &kAcml2021Rule,
                                                      &kAccuracyPerEnergyRule, &kParetoRule};
  return kRules;
}

const RankingRuleKind& ranking_rule(const Track& track) {
  const std::string& name = track.ranking.rule;
  std::vector<std::string> known;
  std::string list;
  for (const RankingRuleKind* const rule : ranking_rules()) {
    if (rule->name == name) return *rule;
    known.push_back(rule->name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  const std::string near = nearest_name(name, known);
  throw Error({.what = "cannot rank the track " + track.id,
               .where = "ranking.rule: there is no rule \"" + name + "\"; there are " + list,
               .hint = near.empty() ? "" : "did you mean \"" + near + "\"?"});
}

}  // namespace joulebench
