#include "harness/sandbox/block_log.h"

#include <algorithm>
#include <vector>

#include "core/text.h"

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
    result += printable(*line, kLongest);
    result += '\n';
  }
  return result;
}

}  // namespace joulebench
