#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/competition.h"
#include "scoring/interim_looks.h"
#include "scoring/ranking.h"

namespace joulebench {

/// One section's entries before a rule: who they are and how their energies compare.
struct SectionEntries {
  std::span<const Score> scores;
  const std::vector<std::size_t>& members;  // indices into `scores`
  const SectionLooks& looks;                // at these members, in this order
  const Track& track;

  const Contest& contest() const { return looks.latest(); }
  const Score& score(std::size_t member) const { return scores[members[member]]; }
};

/// How a category's first stands to the others, for the words about it.
struct Lead {
  const Score& first;
  const Score* next = nullptr;  // second by point estimate; null: there is no other
  std::size_t leaders = 1;      // entries that may be first
  bool is_winner = false;       // first at the confidence over the whole category
  std::optional<double> ratio;  // of what they were compared by; absent: that of their figures
};

/// One way to rank, found by name in a table. A new rule is a file here and a line in that table;
/// a change that could alter a rank is a new version.
struct RankingRuleKind {
  const char* name = "";
  int version = 1;
  bool cumulative = false;     // an entry may stand in several categories of a section
  bool pairs_answers = false;  // it compares metrics, by the answers to each sample where known
  bool draws_floors = false;   // its floors are lines in a chart of accuracy

  /// Refuses what the rule cannot rank: another metric, another task. Errors: Error naming `where`
  /// (file and track) and the field.
  void (*validate)(const Track& track, const std::string& where) = nullptr;
  /// Ranks one section; whom it leaves out it adds to `unranked`, with the reason.
  std::vector<RankedCategory> (*rank)(const SectionEntries& field,
                                      std::vector<UnrankedEntry>& unranked) = nullptr;
  /// For pages: how the rule ranks this track, in a sentence or two.
  std::string (*describe)(const Track& track) = nullptr;
  /// For tables and pages: what the leader has ahead of the others.
  std::string (*verdict)(const Lead& lead) = nullptr;

  /// "floors/1"
  std::string title() const;
};

extern const RankingRuleKind kFloorsRule;
extern const RankingRuleKind kAcml2021Rule;
extern const RankingRuleKind kAccuracyPerEnergyRule;
extern const RankingRuleKind kParetoRule;

/// Every rule there is.
std::span<const RankingRuleKind* const> ranking_rules();

/// The track's rule. Errors: Error naming a rule that does not exist, and the nearest that does.
const RankingRuleKind& ranking_rule(const Track& track);

}  // namespace joulebench
