#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace joulebench {

/// Why gzip data cannot be read to its end.
struct GzipProblem {
  std::size_t offset = 0;  // in the packed bytes
  std::string found;       // in words
  bool is_too_large = false;
};
/// How many members may follow one another: gzip allows any number. `ours`: one, framed as
/// pack_gzip() does it, so that no bit of the file can change without its content: gzip's header
/// has room for names, times and comments, and the last byte before its end for up to seven bits.
enum class GzipMembers { one, any, ours };

/// Unpacks piece by piece into `sink`. Memory: 64 KiB. Absent: all is well; else it is not gzip,
/// damaged, cut short, has bytes behind its end, or holds more than `max_content` bytes, which
/// stops a small file that swells without end. Errors: those of `sink`.
std::optional<GzipProblem> unpack_gzip(std::string_view packed, std::uint64_t max_content,
                                       GzipMembers members,
                                       const std::function<void(std::string_view)>& sink);

/// One member that holds `content`. The same content gives the same bytes.
std::string pack_gzip(std::string_view content);

}  // namespace joulebench
