#pragma once

#include <functional>
#include <string_view>

namespace joulebench {

/// Whether its first bytes are those of a packed file or an archive that for_each_content() opens.
bool is_packed(std::string_view content);

/// Unpacks untrusted bytes (gzip, xz, bzip2, zstd; tar, zip, 7z, one inside a filter or not)
/// in memory and calls `look` with the content of each file inside, until it returns false. Damaged
/// archives end early, without an error. Returns whether all that could be unpacked was: false
/// where a file inside is above `most_bytes`, or all together are above four times that.
bool for_each_content(std::string_view packed, std::size_t most_bytes,
                      const std::function<bool(std::string_view)>& look);

}  // namespace joulebench
