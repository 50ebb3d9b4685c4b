#include "datasets/number_runs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "datasets/text_tokens.h"
#include "datasets/value_keys.h"

namespace joulebench {
namespace {

// Tables of labels have few columns; of wider ones the outer columns are looked at.
constexpr std::size_t kLabelColumns = 4;
constexpr std::size_t kMostTokensOfLine = 4096;
constexpr std::size_t kWord = 8;  // bytes that an array is recognized by

std::uint64_t key_of_whole(std::int64_t number) {
  return mixed_bits(static_cast<std::uint64_t>(number) + kKeyBase);
}

// "3", "3.0" and "3e0" are one number; what is no whole number is a word.
std::uint64_t key_of_written(std::string_view token) {
  const char* const end = token.data() + token.size();
  std::int64_t number = 0;
  if (const auto [at, error] = std::from_chars(token.data(), end, number);
      error == std::errc() && at == end) {
    return key_of_whole(number);
  }
  double value = 0;
  const auto [at, error] = std::from_chars(token.data(), end, value);
  constexpr double kLargest = 9e15;  // whole numbers beyond have gaps
  if (error == std::errc() && at == end && std::abs(value) < kLargest &&
      value == std::trunc(value)) {
    return key_of_whole(static_cast<std::int64_t>(value));
  }
  return key_of_word(token);
}

std::size_t slot_of(std::uint64_t word) {
  return mixed_bits(word) >> 48;
}

std::uint64_t hash_at(const char* at, std::size_t length) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < length; i += kWord) {
    hash = (hash ^ (hash >> 29) ^ word_at(at + i)) * kKeyBase;
  }
  return hash;
}

// Where the most different bytes stand together: files are full of zeros.
std::size_t varied_place(std::string_view bytes, std::size_t length) {
  std::size_t best = 0, most = 0;
  for (std::size_t at = 0; at + length <= bytes.size(); ++at) {
    const std::string_view piece = bytes.substr(at, length);
    const std::size_t different = std::set<char>(piece.begin(), piece.end()).size();
    if (different <= most) continue;
    most = different;
    best = at;
  }
  return best;
}

bool is_even(std::span<const std::int64_t> piece) {
  for (std::size_t i = 2; i < piece.size(); ++i) {
    if (piece[i] - piece[i - 1] != piece[1] - piece[0]) return false;
  }
  return true;
}

template <class Value>
bool holds(std::span<const Value> all, std::span<const Value> piece) {
  return std::search(all.begin(), all.end(), piece.begin(), piece.end()) != all.end();
}

template <class Number>
std::string array_of(std::span<const std::int64_t> numbers, bool swapped) {
  std::string bytes;
  for (const std::int64_t one : numbers) {
    const auto number = static_cast<Number>(one);
    if (static_cast<std::int64_t>(number) != one) return {};  // the type cannot hold it
    char raw[sizeof number];
    std::memcpy(raw, &number, sizeof number);
    if (swapped) std::reverse(raw, raw + sizeof number);
    bytes.append(raw, sizeof number);
  }
  return bytes;
}

}  // namespace

void NumberRuns::add(std::span<const std::int64_t> numbers, std::size_t length,
                     std::span<const std::int64_t> open_to_all, const std::string& reason) {
  if (length < 3) return;
  reasons_.push_back(reason);
  for (std::size_t at = 0; at + length <= numbers.size(); at += length) {
    const auto piece = numbers.subspan(at, length);
    if (is_even(piece) || holds(open_to_all, piece)) continue;
    Keys keys;
    for (const std::int64_t number : piece) keys.push_back(key_of_whole(number));
    add_keys(keys, reasons_.size() - 1);
    add_arrays(piece, reasons_.size() - 1);
  }
}

void NumberRuns::add_words(std::span<const std::string> words, std::size_t length,
                           std::span<const std::string> open_to_all, const std::string& reason) {
  if (length < 3) return;
  reasons_.push_back(reason);
  for (std::size_t at = 0; at + length <= words.size(); at += length) {
    const auto piece = words.subspan(at, length);
    const bool is_one_word = std::set<std::string>(piece.begin(), piece.end()).size() == 1;
    if (is_one_word || holds(open_to_all, piece)) continue;
    Keys keys;
    for (const std::string& word : piece) keys.push_back(key_of_written(word));
    add_keys(keys, reasons_.size() - 1);
  }
}

void NumberRuns::add_keys(const Keys& piece, std::size_t reason) {
  texts_[piece.size()].emplace(hash_of_keys(piece), reason);
}

void NumberRuns::add_arrays(std::span<const std::int64_t> piece, std::size_t reason) {
  for (const bool swapped : {false, true}) {
    if (!swapped) add_array(array_of<std::uint8_t>(piece, false), reason);
    add_array(array_of<std::uint16_t>(piece, swapped), reason);
    add_array(array_of<std::int32_t>(piece, swapped), reason);
    add_array(array_of<std::int64_t>(piece, swapped), reason);
    add_array(array_of<float>(piece, swapped), reason);
    add_array(array_of<double>(piece, swapped), reason);
  }
}

void NumberRuns::add_array(std::string bytes, std::size_t reason) {
  if (bytes.size() < kWord) return;
  const auto longest = std::find_if(arrays_.rbegin(), arrays_.rend(), [&](const Anchored& one) {
    return one.length <= bytes.size();
  });
  const std::size_t anchor = varied_place(bytes, longest->length);
  const std::uint64_t hash = hash_at(bytes.data() + anchor, longest->length);
  longest->filter[slot_of(hash)] = true;
  longest->pieces.emplace(hash,
                          Piece{.bytes = std::move(bytes), .anchor = anchor, .reason = reason});
}

std::string NumberRuns::match_keys(std::span<const std::uint64_t> keys) const {
  for (const auto& [length, pieces] : texts_) {
    if (keys.size() < length) continue;
    std::uint64_t power = 1;  // of the key that leaves
    for (std::size_t i = 0; i < length; ++i) power *= kKeyBase;
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      hash = hash * kKeyBase + keys[i];
      if (i >= length) hash -= keys[i - length] * power;
      if (i + 1 < length) continue;
      if (const auto found = pieces.find(hash); found != pieces.end()) {
        return reasons_[found->second];
      }
    }
  }
  return {};
}

std::string NumberRuns::match_text(std::string_view text) const {
  Keys all;
  std::vector<Keys> columns;  // of a table: as long as every line has as many tokens
  std::size_t width = 0, lines = 0;
  bool is_table = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Keys line;
    for_each_token(text.substr(0, end), [&line](std::string_view token) {
      line.push_back(key_of_written(token));
      return true;
    });
    text.remove_prefix(std::min(end + 1, text.size()));
    all.insert(all.end(), line.begin(), line.end());
    if (line.empty() || !is_table) continue;
    // Names of columns may differ in number; from the second line on it is a table or none.
    if (++lines <= 2) {
      width = line.size();
      columns.assign(width <= kLabelColumns ? width : 2, {});
    }
    is_table = line.size() == width && width <= kMostTokensOfLine;
    for (std::size_t i = 0; is_table && i < columns.size(); ++i) {
      columns[i].push_back(line[width <= kLabelColumns || i == 0 ? i : width - 1]);
    }
  }
  std::string found = match_keys(all);
  for (std::size_t i = 0; found.empty() && is_table && width > 1 && i < columns.size(); ++i) {
    found = match_keys(columns[i]);
  }
  return found;
}

std::string NumberRuns::match_bytes(std::string_view bytes) const {
  for (const Anchored& arrays : arrays_) {
    if (arrays.pieces.empty()) continue;
    for (std::size_t at = 0; at + arrays.length <= bytes.size(); ++at) {
      const std::uint64_t hash = hash_at(bytes.data() + at, arrays.length);
      if (!arrays.filter[slot_of(hash)]) continue;
      const auto [from, to] = arrays.pieces.equal_range(hash);
      for (auto one = from; one != to; ++one) {
        const Piece& piece = one->second;
        if (at < piece.anchor) continue;
        if (bytes.substr(at - piece.anchor).starts_with(piece.bytes)) {
          return reasons_[piece.reason];
        }
      }
    }
  }
  return {};
}

std::string NumberRuns::match(std::string_view content) const {
  const bool is_text = content.substr(0, 4096).find('\0') == content.npos;
  if (is_text) {
    std::string found = match_text(content);
    if (!found.empty() || content.find('\0') == content.npos) return found;
  }
  return match_bytes(content);
}

std::size_t telling_length(std::span<const std::int32_t> labels) {
  constexpr double kTellingBits = 64;
  constexpr std::size_t kMost = 1000;
  std::map<std::int32_t, std::size_t> counts;
  for (const std::int32_t label : labels) ++counts[label];
  double bits = 0;  // entropy of one label
  for (const auto& [label, count] : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(labels.size());
    bits -= share * std::log2(share);
  }
  if (bits <= 0) return 0;
  const double length = std::ceil(kTellingBits / bits);
  return length > static_cast<double>(kMost) ? 0 : static_cast<std::size_t>(length);
}

}  // namespace joulebench
