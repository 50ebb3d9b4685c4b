#pragma once

#include <optional>
#include <string>

#include "core/run_record.h"
#include "harness/block/block_setting.h"

namespace joulebench {

/// What the pilot found out about an entry before its first block.
struct PilotResult {
  BlockPlan plan;
  RequestShape shape;
  Outcome outcome = Outcome::valid;
  std::string message;
  std::string log_tail;
};

/// Runs a throw-away sandbox on public inputs alone to find the shape of the entry's requests, and
/// how many of them make a block long enough. `known`: the shape that the same program was given
/// before, see digest_of_program(). Errors: Error when we cannot go on, Interrupted. A submission's
/// failure is in `outcome`.
PilotResult run_pilot(const BlockSetting& setting, const std::optional<RequestShape>& known = {});

}  // namespace joulebench
