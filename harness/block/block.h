#pragma once

#include <cstdint>

#include "core/energy.h"
#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/block/block_setting.h"

namespace joulebench {

/// What a block leaves behind; predictions and trace are empty unless it is valid or void.
struct BlockResult {
  BlockRecord record;
  Tensor predictions;  // (passes, samples), in the dataset's order
  Tensor checkpoints;  // of a training: (checkpoints, validation samples)
  EnergyTrace trace;
};

/// Runs one block in a fresh sandbox: idle, load, warm-up on public inputs, gated windows of
/// measured passes, tail, idle. Of a training track: idle, load, one gated window from the request
/// to its answer, tail; then a second fresh sandbox predicts with the model alone; idle. Hidden
/// labels never come near it: predictions are mapped back and checked,
/// not scored. Errors: Error when we cannot go on, Interrupted; a failure of the submission is the
/// record's outcome.
BlockResult run_block(const BlockSetting& setting, int number, const BlockPlan& plan,
                      std::uint64_t order_seed);

}  // namespace joulebench
