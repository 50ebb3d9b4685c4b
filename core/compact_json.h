#pragma once

#include <string>
#include <string_view>

namespace joulebench {

/// A JSON text without the spaces between its tokens. `text` must be JSON that was read before, as
/// what the board's database holds; of anything else the result is no JSON either.
std::string compact_json(std::string_view text);

}  // namespace joulebench
