#pragma once

#include <filesystem>

namespace joulebench {

/// The folder of the files that come with the program: datasets/, competitions/ and submissions/,
/// named as in the source tree. It is ../share/joulebench beside the program's own folder, wherever
/// the whole was installed; a build folder has links to the source tree there. The folder need not
/// exist: a program that was copied alone runs, and says which file it misses.
std::filesystem::path shipped_files();

}  // namespace joulebench
