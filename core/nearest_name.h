#pragma once

#include <span>
#include <string>
#include <string_view>

namespace joulebench {

/// The known name that a mistyped one most likely meant (edit distance at most a third of its
/// length, and at least 1), or empty when none is near.
std::string nearest_name(std::string_view mistyped, std::span<const std::string> known);

}  // namespace joulebench
