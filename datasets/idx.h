#pragma once

#include <string>
#include <string_view>

#include "core/tensor.h"

namespace joulebench {

/// Parses an idx file, the format of MNIST: two zero bytes, the element type, the number of
/// dimensions, their sizes as big-endian u32, then big-endian elements in C order. Elements come
/// out little-endian. Format: http://yann.lecun.com/exdb/mnist/ Trusts nothing: sizes are checked
/// against the bytes that are there before anything is allocated. Errors: Error naming `name`, the
/// offset, what was expected and what was found.
Tensor parse_idx(std::string_view bytes, const std::string& name);

}  // namespace joulebench
