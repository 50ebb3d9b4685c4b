#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/units.h"

namespace joulebench {

/// Bytes that are here so far, of all that are expected; false ends the download.
using DownloadProgress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// Downloads `url` into `partial`, going on where an earlier download ended if the server can; a
/// server that cannot sends all, and the file starts anew. Follows at most 10 redirects, within
/// http and https. `expected_bytes`: more is not written, less is an error. Gives up on fewer than
/// 1 byte a second over `patience`. Errors: Error with the server's or the network's reason.
/// `partial` stays, for the next time, except after a full disk.
void download(const std::string& url, const std::filesystem::path& partial,
              std::uint64_t expected_bytes, Seconds patience, const DownloadProgress& progress);

}  // namespace joulebench
