#include "harness/sandbox/block_log.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace joulebench {

void BlockLog::append(std::string_view bytes) {
  received_ += bytes.size();
  if (head_.size() < half_) {
    const std::size_t taken = std::min(half_ - head_.size(), bytes.size());
    head_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  if (bytes.size() > half_) bytes.remove_prefix(bytes.size() - half_);
  tail_.append(bytes);
  if (tail_.size() > 2 * half_) tail_.erase(0, tail_.size() - half_);
}

std::uint64_t BlockLog::left_out() const {
  return received_ - head_.size() - std::min(tail_.size(), half_);
}

std::string BlockLog::text() const {
  const std::string_view end =
      std::string_view(tail_).substr(tail_.size() - std::min(tail_.size(), half_));
  if (left_out() == 0) return head_ + std::string(end);
  return head_ + "\n[joulebench: " + std::to_string(left_out()) +
         " bytes of this log were left out here]\n" + std::string(end);
}

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text` and its code point; 0 when there
/// is none.
std::size_t decode(std::string_view text, char32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    code = first;
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  code = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  return overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff ? 0 : length;
}

/// Line separators, bidirectional overrides, zero-width marks and tags: they make text look like
/// other text.
bool misleads(char32_t code) {
  return (code >= 0x80 && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
         code == 0xfeff || code == 0x061c || code >= 0xe0000;
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    char32_t code = 0;
    const std::size_t length = decode(bytes, code);
    if (length == 0) {
      result += "\xef\xbf\xbd";
      bytes.remove_prefix(1);
      continue;
    }
    char escaped[16];
    if (code == '\t') {
      result += ' ';
    } else if (code < 0x20 || code == 0x7f) {
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(code));
      result += escaped;
    } else if (misleads(code)) {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(code));
      result += escaped;
    } else {
      result += bytes.substr(0, length);
    }
    bytes.remove_prefix(length);
  }
  return result;
}

std::string printable_tail(std::string_view text, std::size_t max_lines) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::vector<std::string_view> lines;
  while (lines.size() < max_lines && !text.empty()) {
    const std::size_t newline = text.rfind('\n');
    if (newline == std::string_view::npos) {
      lines.push_back(text);
      break;
    }
    lines.push_back(text.substr(newline + 1));
    text = text.substr(0, newline);
  }
  constexpr std::size_t kLongest = 500;
  std::string result;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
    result += printable(line->substr(0, kLongest));
    if (line->size() > kLongest) result += "...";
    result += '\n';
  }
  return result;
}

}  // namespace joulebench
