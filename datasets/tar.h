#pragma once

#include <string>
#include <string_view>

namespace joulebench {

/// The content of one regular file inside a tar archive (what libarchive reads: ustar, pax, GNU)
/// that is held in memory. Errors: Error naming `name`: no such member, a damaged header, an
/// archive that ends inside the member.
std::string tar_member(std::string_view tar, std::string_view member, const std::string& name);

}  // namespace joulebench
