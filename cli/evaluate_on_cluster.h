#pragma once

#include <functional>
#include <string>

#include "campaign/cluster_evaluation.h"

namespace CLI {
class App;
}

namespace joulebench {

class Progress;

/// The options of `evaluate` that are about other machines.
struct ClusterOptions {
  std::string executor = "local";
  ClusterRequest request;
  bool status = false;
  std::filesystem::path node_environments;  // a store on each node's own disk; empty: the shared

  void add_to(CLI::App& command);
  bool is_local() const { return executor == "local"; }
  /// Errors: CLI::ValidationError naming an option that the executor does not have.
  ClusterRequest resolved(const std::vector<std::string>& worker_words) const;
};

/// Notes as lines and a standing line; `progress` must outlive it.
ClusterObserver cluster_observer_on(Progress& progress, EvaluationObserver evaluation);

/// A table of all sessions, and what a person does next.
std::string status_text(const std::vector<ClusterState>& states);
std::string status_json(const std::vector<ClusterState>& states);
std::string plan_text(const std::vector<SessionPlan>& plans, const SlurmOptions& machines);
/// The same as joulebench-plan/1.
std::string plan_json(const std::vector<SessionPlan>& plans, const SlurmOptions& machines);
/// Commands for sessions that a person has to start; empty: there are none.
std::string commands_by_hand(const std::vector<ClusterState>& states);

}  // namespace joulebench
