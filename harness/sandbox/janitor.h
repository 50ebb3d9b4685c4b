#pragma once

namespace joulebench {

/// Starts a small process that outlives us and then removes what find_leftovers() would find of
/// ours, so that even kill -9 leaves nothing. Once per process; Sandbox calls it. Does nothing
/// where it cannot be started.
void start_janitor();

}  // namespace joulebench
