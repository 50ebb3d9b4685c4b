#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// What a reader makes of one source: inputs with samples along the first axis, a class for each.
struct LabelledSamples {
  Tensor inputs;
  std::vector<std::int32_t> labels;
};

}  // namespace joulebench
