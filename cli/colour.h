#pragma once

#include <string>
#include <string_view>

namespace joulebench {

/// What a word says of how something stands.
enum class Mark { good, bad, warning };

/// The word as it is printed on stdout: in colour on a terminal, unless NO_COLOR (no-color.org) is
/// set or TERM is dumb; plain in files and pipes.
std::string marked(Mark mark, std::string_view word);
/// The same on stderr.
std::string marked_on_stderr(Mark mark, std::string_view word);

}  // namespace joulebench
