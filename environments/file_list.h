#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// One name below the root of an environment.
struct ListedFile {
  enum class Kind { file, folder, link };
  Kind kind = Kind::file;
  std::string path;            // relative to the root, no leading slash
  bool is_executable = false;  // of a file
  std::uint64_t bytes = 0;     // of a file
  std::string detail;          // a file's SHA-256, a link's target, empty for a folder
};

/// All names below `root`, sorted by path, files with their digests. No link is followed.
/// Errors: Error naming what is neither file, folder nor link, or cannot be read.
std::vector<ListedFile> list_files(const std::filesystem::path& root);

/// The list as text, one line a name: "file|exec|dir|link  BYTES  DETAIL  PATH", fields separated
/// by tabs. Control characters and backslashes of names and targets are written as \xHH, so that
/// no name can forge a line.
std::string to_text(const std::vector<ListedFile>& files);

/// The digest of an environment: SHA-256 over to_text(). Independent of times, owners and of where
/// the root lies.
std::string digest_of(const std::vector<ListedFile>& files);

}  // namespace joulebench
