#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// Why a symbolic link has no place in an entry, in words; empty: it leads to something inside
/// `folder`, whatever links it passes. `link`: its path, below `folder`.
std::string link_problem(const std::filesystem::path& folder, const std::filesystem::path& link);

/// A file of an entry, or a link.
struct EntryFile {
  std::filesystem::path name;  // relative to the entry
  bool is_link = false;
  bool runs = false;  // its owner may execute it
};

/// What an entry consists of, sorted by name: the files and links of a folder but those that are
/// left out (IgnoreList). Empty folders are none of it. Errors: Error naming a link that leaves the
/// folder, a device, or a line of .joulebenchignore that cannot be used.
std::vector<EntryFile> list_entry(const std::filesystem::path& folder);

/// SHA-256 over one line "SHA-256  x|-|l  relative/path\n" for each, sorted: x for what may be
/// executed, l for a link, with the digest of its target's text. Of an entry without links and
/// without files that are left out it is sha256_of_tree(). Errors: those of list_entry(); an
/// unreadable file is one.
std::string digest_of_entry(const std::filesystem::path& folder);

/// Copies these files and links to the same places below `to`: files get mode 0644 or 0755.
/// Errors: those of list_entry(), std::filesystem::filesystem_error.
void copy_entry(const std::filesystem::path& from, const std::filesystem::path& to);

/// What is no part of an entry: names that version control and caches leave behind, and what the
/// file .joulebenchignore at its top says, one pattern a line, at most 200. `*` and `?` stand for
/// any characters but '/', `#` begins a comment; a pattern without '/' is compared with every name
/// at any depth, one with it with the path from the top; one that ends in '/' with folders only.
/// submission.json is never left out.
class IgnoreList {
 public:
  /// Errors: Error naming the file and line of a pattern that cannot be used.
  explicit IgnoreList(const std::filesystem::path& folder);
  /// `path` relative to the top of the entry.
  bool ignores(const std::filesystem::path& path, bool is_folder) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace joulebench
