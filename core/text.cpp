#include "core/text.h"

#include <utf8.h>
#include <cmath>

#include <cstdint>
#include <iterator>

namespace joulebench {
namespace {

bool is_control(std::uint32_t character) {
  const bool c0 = character < 0x20 && character != '\n' && character != '\t';
  return c0 || (character >= 0x7f && character < 0xa0);  // DEL, and C1: another way to say ESC
}

/// Characters that make text look like other text: line separators, zero-width and bidirectional
/// marks, tags.
bool misleads(std::uint32_t character) {
  const auto in = [character](std::uint32_t first, std::uint32_t last) {
    return character >= first && character <= last;
  };
  return character == 0x061c || in(0x200b, 0x200f) || in(0x2028, 0x202e) || in(0x2060, 0x206f) ||
         character == 0xfeff || in(0xe0000, 0xe0fff);
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string shown;
  const auto has_room = [&](std::ptrdiff_t bytes) {
    return shown.size() + static_cast<std::size_t>(bytes) <= max_bytes;
  };
  auto at = text.begin();
  while (at != text.end()) {
    const auto valid_until = utf8::find_invalid(at, text.end());
    while (at != valid_until) {
      const auto from = at;
      const std::uint32_t character = utf8::unchecked::next(at);
      if (!has_room(std::distance(from, at))) return shown + "...";
      if (is_control(character) || misleads(character)) {
        shown += '?';
      } else {
        shown.append(from, at);
      }
    }
    if (at == text.end()) break;
    if (!has_room(std::ssize(kReplacement))) return shown + "...";
    shown += kReplacement;
    ++at;
  }
  return shown;
}

std::string last_lines(std::string_view text, std::size_t count) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t start = text.size();
  for (std::size_t lines = 0; lines < count && start != 0; ++lines) {
    const auto newline = text.rfind('\n', start - 1);
    if (newline == text.npos) return std::string(text);
    start = newline;
  }
  return std::string(text.substr(start == text.size() ? start : start + 1));
}

std::string indented(const std::string& text, const std::string& prefix) {
  std::string result;
  for (std::size_t from = 0; from < text.size();) {
    const auto newline = text.find('\n', from);
    const auto end = newline == text.npos ? text.size() : newline;
    result += prefix + text.substr(from, end - from) + "\n";
    from = end + 1;
  }
  return result;
}

std::string percent_text(double share) {
  std::string text = std::to_string(std::round(share * 1e6) / 1e4);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace joulebench
