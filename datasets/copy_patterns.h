#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "datasets/inputs.h"
#include "datasets/labels.h"

namespace joulebench {

/// What counts as a copy: enough of the hidden part to predict by (what sandboxes may not see), or
/// the least piece of it that can be recognized (what participants may not be sent): one hidden
/// sample that no public one equals, labels in a row that say 64 bits, 32 row numbers of the split.
enum class CopyCare { enough, any };

/// What gives away hidden samples of a dataset, ready to be compared with the content of files.
/// README.md says what counts as a copy, and what does not. Knows labels: scoring's side only.
/// Threads: match() may be called by several at once.
class CopyPatterns {
 public:
  /// Errors: those of find_manifest() and of reading the dataset's samples.
  CopyPatterns(const LabelledDataset& labelled, const DatasetLocations& locations,
               CopyCare care = CopyCare::enough);
  ~CopyPatterns();
  CopyPatterns(CopyPatterns&&) noexcept;

  /// Why `content` (of a file, or unpacked) gives away samples, in words: "holds hidden samples
  /// (360 of 360 looked for)"; empty: it does not.
  std::string match(std::string_view content) const;

  /// Why match() could not compare all of `content`, in words; empty: it could.
  std::string unread(std::string_view content) const;

  /// Content of fewer bytes cannot be a copy.
  std::uint64_t least_bytes() const;

  /// Over the dataset and the way of comparing: findings under another one do not hold.
  const std::string& sha256() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace joulebench
