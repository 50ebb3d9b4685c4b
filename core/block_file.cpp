#include "core/block_file.h"

#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/gzip.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

Error not_read(const fs::path& path, const std::string& reason) {
  return Error({.what = "cannot read a file of a block",
                .where = path.string() + ": " + reason,
                .hint = "restore the record from a copy, or run the entry again"});
}

fs::path compressed(fs::path path) {
  path += ".gz";
  return path;
}

}  // namespace

void write_block_file(const fs::path& path, std::string_view content) {
  write_file_atomically(compressed(path), pack_gzip(content));
}

fs::path find_block_file(const fs::path& path) {
  std::error_code none;
  for (const fs::path& file : {path, compressed(path)}) {
    if (fs::is_regular_file(fs::symlink_status(file, none))) return file;
  }
  throw not_read(compressed(path), "no such file");
}

std::string read_block_file(const fs::path& path, std::size_t max_bytes) {
  return read_packed_block_file(path, max_bytes).content;
}

BlockFile read_packed_block_file(const fs::path& path, std::size_t max_bytes) {
  const fs::path file = find_block_file(path);
  std::string bytes = read_text_file(file, max_bytes);
  if (file == path) return {.content = std::move(bytes), .packed = {}};
  std::string content;
  const auto problem = unpack_gzip(bytes, max_bytes, GzipMembers::ours,
                                   [&content](std::string_view piece) { content += piece; });
  if (!problem) return {.content = std::move(content), .packed = std::move(bytes)};
  throw not_read(file, problem->is_too_large
                           ? "it holds more than " + std::to_string(max_bytes) + " bytes"
                           : "it is no whole gzip file: " + problem->found);
}

}  // namespace joulebench
