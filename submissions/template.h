#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// Writes a small entry that works, in Python with its kit, into `folder`: made if it is not there,
/// else it must be empty. The entry is named after the folder. Returns the names of the files.
/// Errors: Error naming the folder.
std::vector<std::string> write_template(const std::filesystem::path& folder);

}  // namespace joulebench
