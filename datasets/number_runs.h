#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace joulebench {

/// Pieces of known sequences of whole numbers or words, looked for in the content of files: as text
/// with any separators (in a row, or down a column of a table), numbers also as arrays of any
/// integer or float type of 1 to 8 bytes, at any place. A file that holds 2 * length numbers of a
/// sequence in a row holds a whole piece.
/// Threads: match() may be called by several at once.
class NumberRuns {
 public:
  /// Adds every piece of `length` numbers that begins at a multiple of it. Left out are pieces that
  /// say nothing: evenly spaced numbers (one number again and again, a count), and those that
  /// `open_to_all` holds in a row. `reason` says what a file with such a piece holds.
  void add(std::span<const std::int64_t> numbers, std::size_t length,
           std::span<const std::int64_t> open_to_all, const std::string& reason);
  /// The same for words, in text alone.
  void add_words(std::span<const std::string> words, std::size_t length,
                 std::span<const std::string> open_to_all, const std::string& reason);

  /// The reason of the first piece that `content` holds; empty: it holds none.
  std::string match(std::string_view content) const;

 private:
  struct Piece {
    std::string bytes;       // as an array of one type has it
    std::size_t anchor = 0;  // where in `bytes` the part begins that it is recognized by
    std::size_t reason = 0;
  };
  /// Pieces by the hash of their anchors, all of one length in bytes.
  struct Anchored {
    std::size_t length = 0;
    std::unordered_multimap<std::uint64_t, Piece> pieces = {};
    std::vector<bool> filter = std::vector<bool>(std::size_t{1} << 16);
  };

  using Keys = std::vector<std::uint64_t>;
  void add_keys(const Keys& piece, std::size_t reason);
  void add_arrays(std::span<const std::int64_t> piece, std::size_t reason);
  void add_array(std::string bytes, std::size_t reason);
  std::string match_keys(std::span<const std::uint64_t> keys) const;
  std::string match_text(std::string_view text) const;
  std::string match_bytes(std::string_view bytes) const;

  std::vector<std::string> reasons_;
  /// By length, the hashes of pieces as keys of text.
  std::unordered_map<std::size_t, std::unordered_map<std::uint64_t, std::size_t>> texts_;
  std::vector<Anchored> arrays_ = {{.length = 8}, {.length = 16}, {.length = 32}};
};

/// How many labels in a row say something that cannot stand there by chance (64 bits), by how often
/// each of them occurs; 0: no number of them does.
std::size_t telling_length(std::span<const std::int32_t> labels);

}  // namespace joulebench
