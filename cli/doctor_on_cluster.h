#pragma once

#include <string>

#include "campaign/slurm_executor.h"

namespace joulebench {

/// `doctor` on each idle node of a Slurm cluster, as one table, or as JSON.
struct ClusterFindings {
  std::string text;
  std::string json;
  bool can_rank = false;  // on every node, and each was asked
};
/// Errors: those of ask_nodes().
ClusterFindings doctor_on_cluster(const SlurmOptions& options, const std::string& meters);

}  // namespace joulebench
