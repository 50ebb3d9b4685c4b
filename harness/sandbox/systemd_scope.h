#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// What decides whether systemd is asked for a control group.
struct ScopeQuestion {
  std::filesystem::path root = "/";  // of the files that are looked at
  bool is_root_user = false;
  std::string runtime_folder;  // $XDG_RUNTIME_DIR, of a user's own manager
  bool was_asked = false;      // by the process that became us
};

/// The words in front of a command that start it in a scope of its own, with the control group
/// delegated to us; empty where there is nothing to ask for (no cgroup v2, no systemd, a group that
/// is ours already) or nobody to ask.
std::vector<std::string> scope_words(const ScopeQuestion& question);

/// Becomes this same program in a systemd scope of its own where that makes limits enforceable that
/// are not yet: same process, terminal and arguments. Returns where it does not, or where systemd
/// refuses. To be called before the first thread, file or child of ours.
void enter_systemd_scope();

}  // namespace joulebench
