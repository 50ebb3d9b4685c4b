#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "datasets/inputs.h"

namespace joulebench {

/// The permutation of `count` samples for pass `pass` of a block: order[i] is the dataset's row
/// that stands at place i. A pure function of its arguments, the same on every machine.
std::vector<std::uint32_t> draw_order(std::uint64_t seed, int pass, std::size_t count);

/// Rows of `inputs` in `order`; what a sandbox sees of a pass.
Tensor rows_in_order(const Tensor& inputs, std::span<const std::uint32_t> order);

/// Changes a few elements by too little to alter a label: the lowest bit of some bytes, one ulp of
/// some floats. A pure function of its arguments; stays inside the values that occur in the
/// dataset.
void salt_inputs(Tensor& inputs, SaltKind kind, std::uint64_t seed);

}  // namespace joulebench
