#include "core/user_folders.h"

#include <cstdlib>

namespace joulebench {
namespace {

namespace fs = std::filesystem;

fs::path absolute_in(const char* variable) {
  const char* value = std::getenv(variable);
  const fs::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : fs::path();
}

fs::path folder_of_user(const char* variable, const char* below_home) {
  if (const fs::path base = absolute_in(variable); !base.empty()) return base / "joulebench";
  if (const fs::path home = absolute_in("HOME"); !home.empty()) {
    return home / below_home / "joulebench";
  }
  return {};
}

}  // namespace

fs::path user_cache_folder() {
  return folder_of_user("XDG_CACHE_HOME", ".cache");
}

fs::path user_data_folder() {
  return folder_of_user("XDG_DATA_HOME", ".local/share");
}

}  // namespace joulebench
