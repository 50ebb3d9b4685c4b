#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace joulebench {

/// What a program wrote to stderr, in bounded memory: the first half and the last half of
/// `max_bytes`, with a mark between them once something was left out. Not thread-safe.
class BlockLog {
 public:
  explicit BlockLog(std::uint64_t max_bytes) : half_(static_cast<std::size_t>(max_bytes / 2)) {}
  void append(std::string_view bytes);
  std::string text() const;  // as it came, mark included
  std::uint64_t left_out() const;

 private:
  std::size_t half_;
  std::string head_;
  std::string tail_;  // at most 2 x half_ bytes; the last half_ of them count
  std::uint64_t received_ = 0;
};

/// The last `max_lines` lines of `text`, printable; longer ones end in "..." after 500 bytes.
std::string printable_tail(std::string_view text, std::size_t max_lines);

}  // namespace joulebench
