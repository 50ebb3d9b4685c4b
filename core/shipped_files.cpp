#include "core/shipped_files.h"

#include <system_error>

namespace joulebench {

namespace fs = std::filesystem;

fs::path shipped_files() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  return program.parent_path().parent_path() / "share/joulebench";
}

}  // namespace joulebench
