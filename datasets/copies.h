#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/copy_patterns.h"

namespace joulebench {

/// A file that gives away hidden samples or labels of a dataset.
struct DatasetCopy {
  std::filesystem::path path;
  std::string reason;  // in words: "is digits.csv.gz"
};

/// Where copies are looked for, and how.
struct CopySearch {
  /// Folders and files; links are not followed. What a sandbox is shown of this machine, or the
  /// root of an environment.
  std::vector<std::filesystem::path> roots;
  /// Folder for what is known of files that were looked at; they are looked at again when path,
  /// inode, size or a time of theirs changed. Empty: nothing is kept.
  std::filesystem::path cache;
  unsigned threads = 2;
  std::function<bool()> stopped;  // by several threads, between files and inside; empty: never
  /// Told by the calling thread how many of the files that are not known were looked at; may be
  /// empty.
  std::function<void(std::size_t done, std::size_t of)> on_progress = {};
};

/// What a search found, sorted by path.
struct FoundCopies {
  std::vector<DatasetCopy> copies;
  /// Files of which not all could be looked at: packed ones too large inside, in too many layers,
  /// damaged or encrypted; too large arrays; what cannot be read.
  std::vector<DatasetCopy> unread;
  std::uint64_t files = 0;      // all below the roots
  std::uint64_t looked_at = 0;  // of them now; the others were known
  std::uint64_t bytes = 0;      // that were read now
};

/// Looks for copies of a dataset, packed ones included (gzip, xz, bzip2, zstd, zip and .npz, tar,
/// 7z, one in another). A second search of files that did not change costs a look at each name.
/// What nobody but its owner may read is passed over where we may not read it either. Errors: Error
/// when a root cannot be read, Interrupted when stopped. A cache that cannot be read or written is
/// none.
FoundCopies find_copies(const CopyPatterns& patterns, const CopySearch& search);

/// $XDG_CACHE_HOME/joulebench/copies, else the same below ~/.cache; empty where there is neither.
std::filesystem::path default_copies_cache();

/// The folders that a sandbox on this machine's own /usr is shown of it.
std::vector<std::filesystem::path> host_roots();

}  // namespace joulebench
