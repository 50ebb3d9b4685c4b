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
  std::filesystem::path staged;   // the built copy of the submission
  std::filesystem::path scratch;  // ours, on tmpfs where there is one
  MeterOpener open_meters;
  Clock& clock;
  bool require_limits = false;
  /// Idle power that a block waits for before it begins, 5 % above at most; absent: none. It waits
  /// for as long as `cool_down`, then begins all the same, with a flag.
  std::optional<Watts> reference_idle;
  Seconds cool_down{60};
  std::function<bool()> stopped;              // asked to end early
  std::function<void(std::string)> on_phase;  // "loading", "pass 3 of 40": for progress
};

/// How many passes of what size a block measures; chosen once per entry by the pilot.
struct BlockPlan {
  int requests = 1;
  int copies = 1;  // passes in one request

  int passes() const { return requests * copies; }
};

}  // namespace joulebench
