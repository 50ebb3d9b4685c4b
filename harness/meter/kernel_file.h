#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace joulebench {

/// The first line of a small kernel file; absent when it cannot be read.
std::optional<std::string> read_line(const std::filesystem::path& path);

}  // namespace joulebench
