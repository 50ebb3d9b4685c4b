#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// Makes a root file system of copies of this machine's `programs` ("sh", "ls") and the libraries
/// that they load: enough for a sandbox to start them in. They lie in `root`/bin; every folder and
/// file is readable for all.
void make_tiny_root(const std::filesystem::path& root, const std::vector<std::string>& programs);

}  // namespace joulebench
