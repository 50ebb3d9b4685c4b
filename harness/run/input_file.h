#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// Writes an array that a sandbox is to read, as .npy. Errors: Error naming the file and what to
/// do.
void write_input(const std::filesystem::path& file, DType dtype,
                 const std::vector<std::size_t>& shape, std::span<const std::byte> bytes);

}  // namespace joulebench
