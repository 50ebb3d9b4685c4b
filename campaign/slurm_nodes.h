#pragma once

#include <string>
#include <vector>

#include "campaign/slurm_executor.h"

namespace joulebench {

/// One node of a cluster, and what it said.
struct NodeAnswer {
  std::string node;
  std::string state;   // Slurm's word: "idle", "allocated", "down"
  std::string output;  // of the command; empty: it was not asked, or did not answer
};

/// Runs this program with these words on each idle node of the partition, alone there, all at once;
/// a node that is busy is not asked, since that would spoil what it measures. In the order of
/// names. Errors: Error when there is no Slurm, no such partition, or no answer from the
/// controller.
std::vector<NodeAnswer> ask_nodes(const SlurmOptions& options,
                                  const std::vector<std::string>& words);

}  // namespace joulebench
