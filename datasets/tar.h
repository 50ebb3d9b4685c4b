#pragma once

#include <string>
#include <string_view>

namespace joulebench {

/// The bytes of one regular file inside a tar archive (ustar or GNU) that is held in memory.
/// Format: POSIX.1-1988 ustar. Errors: Error naming `name` and the offset: no such member, a
/// damaged header, an archive that ends inside a member.
std::string_view tar_member(std::string_view archive, std::string_view member,
                            const std::string& name);

}  // namespace joulebench
