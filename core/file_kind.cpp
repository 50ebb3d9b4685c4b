#include "core/file_kind.h"

namespace joulebench {

namespace fs = std::filesystem;

std::string wrong_kind(const fs::path& path, fs::file_type wanted) {
  std::error_code none;
  const fs::file_type kind = fs::symlink_status(path, none).type();
  if (kind == wanted || kind == fs::file_type::not_found) return {};
  if (kind == fs::file_type::symlink) return path.string() + " is a link";
  return path.string() + (wanted == fs::file_type::directory ? " is no folder" : " is no file");
}

}  // namespace joulebench
