#pragma once

#include <cstdint>
#include <span>

#include "core/run_record.h"
#include "scoring/score.h"

namespace joulebench {

/// Gives a training's score the curve of each of its blocks, accuracy on the validation samples
/// over the energy used until then, and from them the energy to reach each of the track's floors.
/// `labels` are those samples'. Errors: Error when there are not as many as the record says; those
/// of `checkpoints`.
void add_training_curves(Score& score, const RunRecord& record, const PredictionSource& checkpoints,
                         std::span<const std::int32_t> labels);

}  // namespace joulebench
