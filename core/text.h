#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace joulebench {

/// Untrusted text made fit to show: at most `max_bytes`, valid UTF-8, no control characters
/// but newline and tab and none that reorder or hide text (they become '?', bytes that are not
/// UTF-8 U+FFFD). A cut is marked with "...".
std::string printable(std::string_view text, std::size_t max_bytes);

/// The last `count` lines.
std::string last_lines(std::string_view text, std::size_t count);

/// Each line behind `prefix`.
std::string indented(const std::string& text, const std::string& prefix);

/// A share in percent with as many digits as it needs, four decimals at most: 0.955 -> "95.5".
std::string percent_text(double share);

}  // namespace joulebench
