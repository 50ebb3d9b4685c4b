#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace joulebench {

// Files of a block: predictions.npy, trace.csv, checkpoints.npy. They lie in its folder as
// NAME.gz; records of former versions have them as NAME. Digests are of what is inside, so that
// `zcat predictions.npy.gz | sha256sum` gives the one in the record.

/// Writes `path`.gz, completely or not at all. Errors: Error naming the file.
void write_block_file(const std::filesystem::path& path, std::string_view content);

/// Where the file lies: `path` where it is there, else `path`.gz. No link is followed. Errors:
/// Error when neither is a regular file.
std::filesystem::path find_block_file(const std::filesystem::path& path);

/// What is inside. Errors: Error naming the file when it is not there, is no whole gzip file or
/// has something behind its end, or holds more than `max_bytes`.
std::string read_block_file(const std::filesystem::path& path,
                            std::size_t max_bytes = std::size_t{1} << 30);

/// The same, with the bytes of the gzip file; empty where the file is not packed.
struct BlockFile {
  std::string content;
  std::string packed;
};
BlockFile read_packed_block_file(const std::filesystem::path& path,
                                 std::size_t max_bytes = std::size_t{1} << 30);

}  // namespace joulebench
