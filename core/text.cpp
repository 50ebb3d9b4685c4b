#include "core/text.h"

namespace joulebench {
namespace {

// Length of the valid UTF-8 sequence at the front, 0 when there is none (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

/// Characters that make text look like other text: line separators, zero-width and bidirectional
/// marks, tags.
bool misleads(std::string_view sequence) {
  const auto in = [&sequence](std::string_view first, std::string_view last) {
    return sequence >= first && sequence <= last;
  };
  return sequence == "\u061c" || in("\u200b", "\u200f") || in("\u2028", "\u202e") ||
         in("\u2060", "\u206f") || sequence == "\ufeff" ||
         (sequence.size() == 4 && in("\U000e0000", "\U000e0fff"));
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (shown.size() + (length == 0 ? 3 : length) > max_bytes) return shown + "...";
    if (length == 0) {
      shown += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    const auto first = static_cast<unsigned char>(text.front());
    // C1 controls are two bytes: 0xc2 0x80 to 0x9f.
    const bool c1 = first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    const bool control = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f || c1;
    if (control || misleads(text.substr(0, length))) {
      shown += '?';
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length);
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

}  // namespace joulebench
