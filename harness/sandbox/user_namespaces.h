#pragma once

#include <string>

namespace joulebench {

/// What to do where user namespaces are not allowed: names the switch of this machine that forbids
/// them.
std::string user_namespace_remedy();

}  // namespace joulebench
