#pragma once

#include "cli/board_options.h"

namespace joulebench {

/// `board site --watch`: writes the pages, and again whenever something was stored or a date
/// changed what is public, until the program is asked to stop: then Interrupted. What goes wrong is
/// told once and tried again, but at the first time. Errors: those of write_site() at the first
/// time.
void watch_site(const BoardOptions& options);

}  // namespace joulebench
