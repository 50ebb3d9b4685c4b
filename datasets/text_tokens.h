#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace joulebench {

// What stands between values: whatever separates them in CSV, JSON, ARFF and printed arrays.
constexpr std::array<bool, 256> separators_of_values() {
  std::array<bool, 256> table{};
  for (const char c :
       {' ', ',', ';', '\t', '\n', '\r', '|', ':', '"', '\'', '[', ']', '(', ')', '{', '}', '='}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
inline constexpr std::array<bool, 256> kSeparators = separators_of_values();

inline bool is_separator(char c) {
  return kSeparators[static_cast<unsigned char>(c)];
}

/// Calls `sink` with every value of a text until it returns false.
template <class Sink>
void for_each_token(std::string_view text, const Sink& sink) {
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && is_separator(text[at])) ++at;
    const std::size_t start = at;
    while (at < text.size() && !is_separator(text[at])) ++at;
    if (at > start && !sink(text.substr(start, at - start))) return;
  }
}

}  // namespace joulebench
