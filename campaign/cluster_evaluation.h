#pragma once

#include <functional>
#include <string>
#include <vector>

#include "campaign/cluster_campaign.h"
#include "campaign/local_evaluation.h"
#include "campaign/slurm_executor.h"

namespace joulebench {

/// How an evaluation runs on other machines than this one.
struct ClusterRequest {
  bool by_hand = false;  // no Slurm: sessions are planned, and a person starts the workers
  SlurmOptions slurm;
  int retries = 3;  // of a session whose task fails, in one call
};

/// How a track's campaign stands.
struct ClusterState {
  std::string track;
  JobFolder folder;
  std::vector<SessionView> sessions;
  std::size_t blocks = 0;       // of all sessions
  std::size_t blocks_done = 0;  // that have been recorded, void ones too
};

/// What the caller is told; each may be empty.
struct ClusterObserver {
  EvaluationObserver evaluation;  // of it on_refused alone is called
  std::function<void(const std::string&)> on_note;
  std::function<void(const std::vector<ClusterState>&)> on_progress;
  /// Asked to stop while jobs wait or run: true to cancel them, false to leave them.
  std::function<bool()> cancels;
};

struct ClusterResult {
  EvaluationResult evaluation;
  std::vector<ClusterState> states;
};

/// Plans what is missing as sessions in board.jobs/ beside the board, has them run on other
/// machines, follows them and takes their records to the board, track beside track. Needs no energy
/// counter here. A call that was killed is resumed by the next; jobs run on meanwhile. By hand it
/// takes in what is finished and returns.
/// Errors: Error when we cannot go on (Slurm refuses, another call follows this board, as
/// evaluate()); Interrupted, after the observer was asked what becomes of the jobs.
ClusterResult evaluate_on_cluster(const EvaluationRequest& request, const ClusterRequest& cluster,
                                  const ClusterObserver& observer);

/// How the campaigns of a board stand, from what lies there and what the cluster says. Changes
/// nothing, and may run beside evaluate_on_cluster(). Errors: Error when Slurm does not answer.
std::vector<ClusterState> cluster_states(const EvaluationRequest& request,
                                         const ClusterRequest& cluster);

/// What would be planned.
struct SessionPlan {
  std::string track;
  std::size_t entries = 0;
  std::size_t sessions = 0;  // new ones
  std::size_t blocks = 0;    // of those
  Seconds time{0};           // of the longest machine, where sessions are as long as expected
};
std::vector<SessionPlan> plan_on_cluster(const EvaluationRequest& request,
                                         const ClusterRequest& cluster,
                                         const ClusterObserver& observer);

}  // namespace joulebench
