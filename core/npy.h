#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/tensor.h"

namespace joulebench {

// NumPy's .npy format, versions 1.0 to 3.0, little-endian, C order; what the process protocol and
// the record speak. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/// Parses a whole .npy file held in memory; `name` is for messages. Trusts nothing: sizes are
/// checked against the bytes that are there before anything is allocated.
/// Errors: Error naming `name`, what was expected and what was found. Bytes left over are one.
Tensor parse_npy(std::string_view bytes, const std::string& name);
Tensor read_npy(const std::filesystem::path& path);

/// The header alone, for writers that stream the elements behind it.
std::string npy_header(DType dtype, const std::vector<std::size_t>& shape);
std::string to_npy(const Tensor& tensor);

}  // namespace joulebench
