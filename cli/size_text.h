#pragma once

#include <cstdint>
#include <string>

namespace joulebench {

/// "12.3 MB", of 10^6 bytes.
std::string megabytes(std::uint64_t bytes);

}  // namespace joulebench
