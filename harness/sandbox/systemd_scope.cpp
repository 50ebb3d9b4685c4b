#include "harness/sandbox/systemd_scope.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/child_process.h"
#include "core/error.h"
#include "harness/sandbox/cgroup_places.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kAsked = "JOULEBENCH_SCOPE";

/// systemd marks what it delegated. A group that somebody else gave us has no mark, but is ours.
bool is_delegated(const fs::path& group, bool is_root_user) {
  for (const char* name : {"trusted.delegate", "user.delegate"}) {
    char value = 0;
    if (::getxattr(group.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return !is_root_user && ::access((group / "cgroup.procs").c_str(), W_OK) == 0 &&
         ::access(group.c_str(), W_OK | X_OK) == 0;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// Whether it ends with 0. Silent: what it says against us is no trouble of the user's.
bool succeeds(std::vector<std::string> words) {
  try {
    ChildProcess child({.command = std::move(words),
                        .input = ChildSpec::kNull,
                        .output = ChildSpec::kNull,
                        .error = ChildSpec::kNull});
    return child.wait().exit_status == 0;
  } catch (const Error&) {
    return false;
  }
}

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

}  // namespace

std::vector<std::string> scope_words(const ScopeQuestion& question) {
  if (question.was_asked || !fs::is_directory(question.root / "run/systemd/system")) return {};
  if (!question.is_root_user && question.runtime_folder.empty()) return {};
  const auto group = own_v2_group(question.root / "proc/self");
  if (!group || is_delegated(*group, question.is_root_user)) return {};
  std::vector<std::string> words = {"systemd-run", "--scope",      "--quiet",
                                    "-p",          "Delegate=yes", "--"};
  if (!question.is_root_user) words.insert(words.begin() + 1, "--user");
  return words;
}

void enter_systemd_scope() {
  std::error_code ignored;
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::vector<std::string> words = scope_words({.is_root_user = ::geteuid() == 0,
                                                .runtime_folder = runtime == nullptr ? "" : runtime,
                                                .was_asked = std::getenv(kAsked) != nullptr});
  if (words.empty()) return;
  std::vector<std::string> trial = words;
  trial.emplace_back("true");
  if (!succeeds(std::move(trial))) return;
  std::vector<std::string> own = own_arguments();
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (own.empty() || program.empty()) return;
  own.front() = program;
  words.insert(words.end(), std::make_move_iterator(own.begin()),
               std::make_move_iterator(own.end()));
  ::setenv(kAsked, "1", 1);
  ::execvp(words.front().c_str(), pointers(words).data());
  ::unsetenv(kAsked);  // it went away meanwhile: without it, then
}

}  // namespace joulebench
