#pragma once

#include <string>
#include <vector>

#include "core/run_record.h"
#include "harness/block/block_setting.h"

namespace joulebench {

/// What a program did in a conversation that tries the protocol.
struct Conformance {
  std::vector<std::string> passed;  // steps, in words
  std::string failed;               // the step that was not passed; empty: all were
  Outcome outcome = Outcome::valid;
  std::string message;  // what was expected, and what came
  int line = 0;         // of the program's stdout, 1-based, when one is to blame; else 0
  std::string log_tail;
};

/// Tries every step of the protocol in a sandbox, on public inputs: ready, requests of several
/// sizes, silence between them, exit; in a training track a training on part of the data, its
/// checkpoints and its model, and a second start that predicts with it. Ends at the first that
/// fails. No energy is measured. Errors: Error when we cannot go on, Interrupted.
Conformance check_conformance(const BlockSetting& setting);

}  // namespace joulebench
