#pragma once

#include <cstdint>
#include <filesystem>

namespace joulebench {

/// How much an untrusted archive may unpack to.
struct ArchiveLimits {
  std::uint64_t total_bytes = std::uint64_t{1} << 30;
  std::uint64_t files = 100'000;  // folders and links counted
  std::uint64_t depth = 32;       // folders in folders
  double ratio = 200;             // unpacked bytes per packed byte; text and zero weights reach 100
  std::uint64_t ratio_from = std::uint64_t{16}
                             << 20;  // bytes below which the ratio does not matter
};

/// Unpacks .tar.gz, .tar.zst or .zip into `folder`, which must be empty. Everything is looked at
/// before the first byte is written, and nothing is believed that the archive says of itself: sizes
/// are counted. Links are made last, so that nothing is written through one.
/// Refused  absolute names, "..", links that leave the entry, hard links, devices, pipes, one name
/// twice, a file that is also a folder, names that
///          are not UTF-8 or hold control characters, encryption, and what is above the limits.
/// Modes    0644, or 0755 for what its owner may execute; owners and times are ours and now.
/// Returns  the folder that holds submission.json: `folder`, or the only folder in it.
/// Errors   Error naming the archive, the entry in it and what is wrong with it.
std::filesystem::path unpack_archive(const std::filesystem::path& archive,
                                     const std::filesystem::path& folder,
                                     const ArchiveLimits& limits = {});

/// Packs the entry in `folder` (list_entry()) into `archive`, whose name ends in .tar.gz, .tar.zst
/// or .zip. Errors: those of list_entry(). The same files give the same bytes: sorted, without
/// times and owners.
void pack_archive(const std::filesystem::path& folder, const std::filesystem::path& archive);

/// Whether the name ends like an archive that unpack_archive() takes.
bool has_archive_name(const std::filesystem::path& path);

}  // namespace joulebench
