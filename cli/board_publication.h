#pragma once

#include "cli/board_options.h"

namespace joulebench {

/// `board site`: writes the pages; of a whole database also its log and every file's digest.
void write_site(const BoardOptions& options);

/// `board sign`: checks database and pages, then signs the log's head with them.
void sign(const BoardOptions& options);

/// `board verify`: exit status 1 (as CLI::RuntimeError) when anything was altered.
void verify(const BoardOptions& options);

}  // namespace joulebench
