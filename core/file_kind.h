#pragma once

#include <filesystem>
#include <string>

namespace joulebench {

/// Why what lies there is not a file or folder of its own ("PATH is a link"): what is behind a link
/// may be another thing at each look, and a pipe would be waited for. Empty: it is of the kind that
/// is wanted, or nothing is there.
std::string wrong_kind(const std::filesystem::path& path, std::filesystem::file_type wanted);

}  // namespace joulebench
