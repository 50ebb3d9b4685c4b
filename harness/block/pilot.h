#pragma once

#include <string>
#include <vector>

#include "core/run_record.h"
#include "harness/block/block_setting.h"

namespace joulebench {

/// What the pilot found out about an entry before its first block.
struct PilotResult {
  BlockPlan plan;
  std::vector<AuditFigure> audits;  // empty: the dataset is too small, or CPU time is not readable
  Outcome outcome = Outcome::valid;
  std::string message;
  std::string log_tail;
};

/// Runs a throw-away block to see how long a pass takes, and audits the program: whether it answers
/// samples that it has seen before, or one sample many times, for less. Errors: Error when we
/// cannot go on, Interrupted. A submission's failure is in `outcome`.
PilotResult run_pilot(const BlockSetting& setting);

}  // namespace joulebench
