#pragma once

#include <string>
#include <vector>

#include "environments/environment.h"

namespace joulebench {

/// Runs `command` (none: a shell of the environment) in the sandbox that an entry would have, on
/// our terminal, until it ends: same root, user, system calls and no network; no entry, no inputs.
/// Returns its exit status. Errors: Error when it cannot be started.
int run_shell(const Environment& environment, std::vector<std::string> command);

}  // namespace joulebench
