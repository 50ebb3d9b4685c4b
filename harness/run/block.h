#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/competition.h"
#include "core/energy.h"
#include "core/run_record.h"
#include "core/tensor.h"
#include "datasets/dataset.h"
#include "harness/meter/open_meters.h"
#include "submissions/submission.h"

namespace joulebench {

/// Opens the meters of one block; `cpu_time` is what its sandbox has used so far, for the model
/// meter. Tests hand in scripted meters.
using MeterOpener =
    std::function<std::vector<std::unique_ptr<EnergyMeter>>(std::function<Seconds()> cpu_time)>;

/// What all blocks of one entry share.
struct BlockSetting {
  const Submission& submission;
  const Track& track;
  const Dataset& dataset;
  std::filesystem::path staged;   // the built copy of the submission
  std::filesystem::path scratch;  // ours, on tmpfs where there is one
  MeterOpener open_meters;
  Clock& clock;
  bool require_limits = false;
  std::function<bool()> stopped;              // asked to end early
  std::function<void(std::string)> on_phase;  // "loading", "pass 3 of 40": for progress
};

/// How many passes of what size a block measures; chosen once per entry by the pilot.
struct BlockPlan {
  int requests = 1;
  int copies = 1;  // passes in one request

  int passes() const { return requests * copies; }
};

/// What a block leaves behind; predictions and trace are empty unless it is valid or void.
struct BlockResult {
  BlockRecord record;
  Tensor predictions;  // (passes, samples), in the dataset's order
  EnergyTrace trace;
};

/// Runs a throw-away block to see how long a pass takes, and audits the program: whether it answers
/// samples that it has seen before, or one sample many times, for less. Errors: Error when we
/// cannot go on, Interrupted. A submission's failure is in `outcome`.
struct PilotResult {
  BlockPlan plan;
  std::vector<AuditFigure> audits;  // empty: the dataset is too small, or CPU time is not readable
  Outcome outcome = Outcome::valid;
  std::string message;
  std::string log_tail;
};
PilotResult run_pilot(const BlockSetting& setting);

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
/// sizes, silence between them, exit. Ends at the first that fails. No energy is measured. Errors:
/// Error when we cannot go on, Interrupted.
Conformance check_conformance(const BlockSetting& setting);

/// Runs one block in a fresh sandbox: idle, load, warm-up on public inputs, gated windows of
/// measured passes, tail, idle. Labels never come near it: predictions are mapped back and checked,
/// not scored. Errors: Error when we cannot go on, Interrupted; a failure of the submission is the
/// record's outcome.
BlockResult run_block(const BlockSetting& setting, int number, const BlockPlan& plan,
                      std::uint64_t order_seed);

}  // namespace joulebench
