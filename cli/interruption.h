#pragma once

namespace joulebench {

/// Makes Ctrl-C and SIGTERM a wish that is_stopping() tells, instead of a sudden end. A second one
/// ends the program at once.
void catch_interruptions();
bool is_stopping();

}  // namespace joulebench
