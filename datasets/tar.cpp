#include "datasets/tar.h"

#include <fmt/format.h>

#include <cstdint>

#include "core/error.h"

namespace joulebench {
namespace {

constexpr std::size_t kBlock = 512;

std::string_view text_field(std::string_view header, std::size_t at, std::size_t size) {
  const std::string_view field = header.substr(at, size);
  return field.substr(0, field.find('\0'));
}

}  // namespace

std::string_view tar_member(std::string_view archive, std::string_view member,
                            const std::string& name) {
  std::size_t at = 0;
  const auto fail = [&](const std::string& found) -> Error {
    return Error({.what = "cannot read an archive",
                  .where = fmt::format("{}: offset {}: {}", name, at, found),
                  .hint = {}});
  };
  const auto octal = [&](std::string_view field) {
    std::uint64_t value = 0;
    for (const char c : field) {
      if (c == ' ' || c == '\0') continue;
      if (c < '0' || c > '7') throw fail("a header with a number that is not octal");
      value = value * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  };
  while (archive.size() - at >= kBlock) {
    const std::string_view header = archive.substr(at, kBlock);
    if (header.find_first_not_of('\0') == std::string_view::npos) break;  // the end's empty block
    // The sum over the header with its own field taken as spaces.
    std::uint64_t sum = 8 * ' ';
    for (std::size_t i = 0; i < kBlock; ++i) {
      if (i < 148 || i >= 156) sum += static_cast<unsigned char>(header[i]);
    }
    if (sum != octal(header.substr(148, 8))) throw fail("a header whose check sum differs");
    const std::uint64_t size = octal(header.substr(124, 12));
    if (size > archive.size() - at - kBlock) throw fail("the archive ends inside a member");
    const std::string prefix(header.substr(257, 5) == "ustar" ? text_field(header, 345, 155) : "");
    const std::string path =
        (prefix.empty() ? "" : prefix + "/") + std::string(text_field(header, 0, 100));
    const bool is_file = header[156] == '0' || header[156] == '\0';
    if (is_file && path == member) return archive.substr(at + kBlock, size);
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
    if (at > archive.size()) break;
  }
  throw fail(fmt::format("no member '{}'", member));
}

}  // namespace joulebench
