#pragma once

namespace joulebench {

/// The program's version, as CMakeLists.txt has it; kept in every record.
inline constexpr const char* kVersion = JOULEBENCH_VERSION;

}  // namespace joulebench
