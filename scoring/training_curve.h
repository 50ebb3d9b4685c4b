#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/run_record.h"
#include "scoring/score.h"

namespace joulebench {

/// Joules used until then, and the half width of the 95 % interval around them.
struct EnergyAt {
  Joules joules;
  Joules error;
};
/// Where a training's curve is first as accurate as a floor. The first checkpoint above it would
/// come too early, since the more checkpoints there are, the sooner one is above by chance: the
/// accuracies are first made a curve that never falls, and the crossing lies on the line between
/// the middles of its steps.
struct FloorCrossing {
  bool is_reached = false;
  std::optional<EnergyAt> energy;  // absent: not reached, or a counter could not be read there
};
FloorCrossing crossing_of(const std::vector<CurvePoint>& curve, double floor);

/// Gives a training's score the curve of each of its blocks, accuracy on the validation samples
/// over the energy used until then, and from them the energy to reach each of the track's floors.
/// `labels` are those samples'. Errors: Error when there are not as many as the record says; those
/// of `checkpoints`.
void add_training_curves(Score& score, const RunRecord& record, const PredictionSource& checkpoints,
                         std::span<const std::int32_t> labels);

}  // namespace joulebench
