#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace joulebench {

/// Whether its first bytes are those of a packed file or an archive that for_each_content() opens.
bool is_packed(std::string_view content);

/// How far for_each_content() came.
enum class Unpacked {
  all,        // also where `look` ended it, and where nothing could be unpacked
  too_large,  // a file inside is above `most_bytes`, or the budget is used up
  damaged,    // an archive that cannot be read beyond some file inside
  encrypted,
};

/// Unpacks untrusted bytes (gzip, xz, bzip2, zstd; tar, zip, 7z, one inside a filter or not)
/// in memory and calls `look` with the content of each file inside, until it returns false. `left`
/// is what may still be unpacked, in bytes: shared by the layers of a file, it falls by what each
/// file inside costs, empty ones and what is no file included. A compressed file alone that is
/// damaged is shown as far as it goes, and is `all`.
Unpacked for_each_content(std::string_view packed, std::size_t most_bytes, std::uint64_t& left,
                          const std::function<bool(std::string_view)>& look);

}  // namespace joulebench
