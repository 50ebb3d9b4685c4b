#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/competition.h"
#include "leaderboard/store.h"

namespace joulebench {

/// What was decided about a competition's uploads so far.
class IntakeHistory {
 public:
  /// Errors: Error when the store cannot be read.
  IntakeHistory(const Store& store, const Competition& competition);

  void add(const IntakeDecision& decision);

  /// The newest answer to the same upload; null: there is none.
  const IntakeDecision* answer_to(const IntakeDecision& upload) const;
  /// The accepted upload with these bytes; null: there is none.
  const IntakeDecision* accepted_file(const std::string& sha256) const;
  /// The accepted archive of the entry with this id; null: there is none.
  const IntakeDecision* accepted_entry(const std::string& id) const;
  /// The accepted versions of an entry that were not withdrawn, by receipt.
  std::vector<const IntakeDecision*> versions(const std::string& team,
                                              const std::string& name) const;
  /// Accepted archives of a team, withdrawn ones too: all count for its quotas.
  std::vector<const IntakeDecision*> accepted_of(const std::string& team) const;
  /// The newest accepted request of a team; null: there is none.
  const IntakeDecision* newest_request(const std::string& team) const;
  bool is_withdrawn(const std::string& id) const { return withdrawn_.contains(id); }

  /// Entries that the next evaluation takes, by receipt: accepted, not withdrawn, and under
  /// VersionRule::newest the newest version of each.
  std::vector<const IntakeDecision*> queue() const;
  /// Those of the queue of which nothing was run yet.
  std::vector<const IntakeDecision*> waiting() const;
  /// How many would be waiting with one more accepted entry, which is the last of them.
  std::size_t waiting_with(const IntakeDecision& entry) const;

 private:
  VersionRule rule_;
  std::deque<IntakeDecision> decisions_;  // by event; places that stay
  std::set<std::string> withdrawn_;
  std::set<std::string> with_runs_;
};

/// Whose quota and whose entry: the team, or the entry's own name where it names no team.
const std::string& team_of(const IntakeDecision& decision);

}  // namespace joulebench
