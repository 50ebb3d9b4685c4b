#pragma once

#include <filesystem>

namespace joulebench {

/// Where this user's files of ours lie, by the XDG Base Directory Specification 0.8: what can be
/// made again (`$XDG_CACHE_HOME/joulebench`, else `~/.cache/joulebench`) and what cannot
/// (`$XDG_DATA_HOME/joulebench`, else `~/.local/share/joulebench`). Empty where the environment
/// names neither; nothing is created. Relative paths in these variables are ignored, as the
/// specification asks.
std::filesystem::path user_cache_folder();
std::filesystem::path user_data_folder();

}  // namespace joulebench
