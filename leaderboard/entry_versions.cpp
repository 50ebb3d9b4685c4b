#include "leaderboard/entry_versions.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace joulebench {
namespace {

/// All versions of one entry that may stand in the ranks: indices into the board's entries.
using VersionIndices = std::vector<std::size_t>;

/// Without a team each entry is of its own.
bool may_stand(const BoardEntry& entry) {
  const EntryIdentity& identity = entry.run.record.entry;
  return !identity.is_baseline && !identity.team.empty() && entry.state != EntryState::withdrawn &&
         entry.state != EntryState::disqualified;
}

std::map<std::pair<std::string, std::string>, VersionIndices> by_entry(
    const std::vector<BoardEntry>& entries) {
  std::map<std::pair<std::string, std::string>, VersionIndices> groups;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const EntryIdentity& identity = entries[i].run.record.entry;
    if (may_stand(entries[i])) groups[{identity.team, identity.name}].push_back(i);
  }
  return groups;
}

bool is_evaluated(const BoardEntry& entry) {
  return entry.run.record.outcome != Outcome::infrastructure;
}

/// Later is newer; where the log tells of no receipt, by the run's own beginning.
auto age(const BoardEntry& entry) {
  const std::string& received = entry.received_at_utc;
  return std::tuple(is_evaluated(entry),
                    received.empty() ? entry.run.record.started_at_utc : received, entry.run.id);
}

/// The version that is ranked before all others, in the first category that has one of them.
const std::string* best_of(const std::vector<BoardEntry>& entries, const VersionIndices& versions,
                           const Ranking& ranking) {
  for (const RankedSection& section : ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        if (std::find(versions.begin(), versions.end(), ranked.score) == versions.end()) continue;
        return &entries[ranked.score].run.record.entry.id;
      }
    }
  }
  return nullptr;
}

std::string standing_version(const std::vector<BoardEntry>& entries, const VersionIndices& versions,
                             VersionRule rule, const std::string* chosen, const Ranking& ranking) {
  const auto is_there = [&](const std::string& id) {
    return std::any_of(versions.begin(), versions.end(), [&](std::size_t i) {
      return entries[i].run.record.entry.id == id && is_evaluated(entries[i]);
    });
  };
  if (rule == VersionRule::selected && chosen != nullptr && is_there(*chosen)) return *chosen;
  if (rule == VersionRule::best) {
    if (const std::string* best = best_of(entries, versions, ranking)) return *best;
  }
  const auto newest = std::max_element(
      versions.begin(), versions.end(),
      [&](std::size_t a, std::size_t b) { return age(entries[a]) < age(entries[b]); });
  return entries[*newest].run.record.entry.id;
}

}  // namespace

void mark_superseded(std::vector<BoardEntry>& entries, VersionRule rule,
                     const SelectedVersions& selected, const Ranking& ranking) {
  for (const auto& [key, versions] : by_entry(entries)) {
    if (versions.size() < 2) continue;
    const auto chosen = selected.find(key);
    const std::string standing = standing_version(
        entries, versions, rule, chosen == selected.end() ? nullptr : &chosen->second, ranking);
    for (const std::size_t i : versions) {
      BoardEntry& entry = entries[i];
      if (entry.run.record.entry.id == standing) continue;
      entry.state = EntryState::superseded;
      entry.superseded_by = standing;
    }
  }
}

bool has_versions(const std::vector<BoardEntry>& entries) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> ids;
  return std::any_of(entries.begin(), entries.end(), [&](const BoardEntry& entry) {
    const EntryIdentity& identity = entry.run.record.entry;
    std::set<std::string>& of_entry = ids[{identity.team, identity.name}];
    of_entry.insert(identity.id);
    return of_entry.size() > 1;
  });
}

std::string short_id(const std::string& id) {
  constexpr std::size_t kShortId = 8;
  return id.substr(0, kShortId);
}

}  // namespace joulebench
