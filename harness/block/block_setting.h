#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/competition.h"
#include "datasets/inputs.h"
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
  std::filesystem::path staged;  // the built copy of the submission
  std::filesystem::path root =
      {};                         // of the environment that it runs in; empty: the host's own /usr
  std::filesystem::path scratch;  // ours, on tmpfs where there is one
  MeterOpener open_meters;
  Clock& clock;
  std::size_t cpus_before = 0;  // SandboxSpec::cpus_before
  bool require_limits = false;
  /// Idle power that a block waits for before it begins, 5 % above at most; absent: none. It waits
  /// for as long as `cool_down`, then begins all the same, with a flag.
  std::optional<Watts> reference_idle;
  Seconds cool_down{60};
  std::function<bool()> stopped;              // asked to end early
  std::function<void(std::string)> on_phase;  // "loading", "pass 3 of 40": for progress
};

/// What one request took outside the figure.
struct RequestCost {
  Seconds wall{0};
  std::optional<Seconds> cpu;    // of everything in the sandbox; absent: not readable
  std::optional<Joules> joules;  // absent: no meter was read, or there is no figure
};

/// How many passes of what size a block measures; chosen once per entry by the pilot.
struct BlockPlan {
  int requests = 1;
  int copies = 1;  // passes in one request

  int passes() const { return requests * copies; }
};

/// The passes of a block's measured requests.
struct MeasuredPasses {
  int copies = 1;  // in one request
  int first = 2;   // number of the first one; the pass before it is a look

  int first_of(int request) const { return first + (request - 1) * copies; }  // 1-based
};

}  // namespace joulebench
