#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// Writes a small entry that works, in Python with its kit, into `folder`: made if it is not there,
/// else it must be empty. The entry is named after the folder, and runs in `environment` (empty:
/// the competition's first). Returns the names of the files. Errors: Error naming the folder, or
/// the name that no environment can have.
std::vector<std::string> write_template(const std::filesystem::path& folder,
                                        const std::string& environment = {});

}  // namespace joulebench
