#include "support/tiny_root.h"

#include <sstream>
#include <stdexcept>

#include "core/child_process.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

void copy_program(const fs::path& from, const fs::path& to) {
  fs::create_directories(to.parent_path());
  fs::copy_file(from, to, fs::copy_options::skip_existing);
  fs::permissions(to, fs::perms(0755));
}

}  // namespace

void make_tiny_root(const fs::path& root, const std::vector<std::string>& programs) {
  for (const std::string& name : programs) {
    const auto program = find_program(name);
    if (!program) throw std::runtime_error("this machine has no " + name);
    copy_program(*program, root / "bin" / name);
    std::istringstream words(run_command({.command = {"ldd", program->string()}}).output);
    for (std::string word; words >> word;) {
      if (word.front() == '/') copy_program(word, root / word.substr(1));
    }
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_directory()) fs::permissions(entry.path(), fs::perms(0755));
  }
  fs::permissions(root, fs::perms(0755));
}

}  // namespace joulebench
