#include "scoring/ranking.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "scoring/rules/places.h"

namespace joulebench {
namespace {

std::string reason_of_outcome(const Score& score) {
  switch (score.outcome) {
    case Outcome::valid:
      return {};
    case Outcome::voided:
      return "its run is void: " + score.message;
    case Outcome::infrastructure:
      return score.message.empty()
                 ? "its run is not finished"
                 : "its run could not go on, through no fault of its own: " + score.message;
    default:
      return std::string("it failed (") + to_string(score.outcome) + "): " + score.message;
  }
}

/// Empty: it may be ranked.
std::string reason_against(const Score& score, const Track& track) {
  if (score.outcome != Outcome::valid) return reason_of_outcome(score);
  std::string reasons;
  for (const std::string& reason : score.unranked)
    reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!reasons.empty()) return reasons;
  if (score.metric != track.metric.name) {
    return "it was scored by " + score.metric + ", the track ranks by " + track.metric.name +
           ": joulebench score does it";
  }
  if (!quality(score)) return "it has no " + metric_words(score.metric);
  if (!energy_figure(score)) return "it has no energy";
  if (score.blocks < track.ranking.min_blocks) {
    return "it has " + std::to_string(score.blocks) + " valid " +
           (score.blocks == 1 ? "block" : "blocks") + "; the track ranks from " +
           std::to_string(track.ranking.min_blocks) + " on (ranking.min_blocks)";
  }
  return {};
}

/// What is derived from power may stand beside counters where the track says so; what is modelled
/// never stands beside either.
EnergyClass section_class(EnergyClass of_score, EnergyClass of_track) {
  const bool both = of_score <= EnergyClass::derived && of_track == EnergyClass::derived;
  return both ? EnergyClass::derived : of_score;
}

}  // namespace

void validate_ranking(const Competition& competition) {
  for (const Track& track : competition.tracks) {
    ranking_rule(track).validate(track, competition.file.string() + ": track '" + track.id + "'");
  }
}

Ranking rank_scores(std::span<const Score> scores, const Track& track) {
  const RankingRuleKind& rule = ranking_rule(track);
  rule.validate(track, "track '" + track.id + "'");
  Ranking ranking{.rule = rule.title(), .cumulative = rule.cumulative};
  std::map<std::pair<EnergyClass, std::string>, std::vector<std::size_t>> sections;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    std::string reason = reason_against(scores[i], track);
    if (!reason.empty()) {
      ranking.unranked.push_back({i, std::move(reason)});
      continue;
    }
    sections[{section_class(scores[i].energy_class, track.energy.energy_class), scores[i].node}]
        .push_back(i);
  }
  for (const auto& [key, members] : sections) {
    std::vector<RankedCategory> categories = rule.rank(scores, members, track, ranking.unranked);
    if (categories.empty()) continue;
    ranking.sections.push_back(
        {.energy_class = key.first, .node = key.second, .categories = std::move(categories)});
  }
  std::sort(ranking.unranked.begin(), ranking.unranked.end(), [&](const auto& a, const auto& b) {
    const Score& left = scores[a.score];
    const Score& right = scores[b.score];
    return std::tie(left.entry_name, left.entry_id) < std::tie(right.entry_name, right.entry_id);
  });
  return ranking;
}

}  // namespace joulebench
