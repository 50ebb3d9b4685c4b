#pragma once

#include <string>

namespace joulebench {

/// This machine's processor architecture as image indexes name it (OCI image index, "platform"):
/// "amd64", "arm64", else what uname says.
std::string architecture();

}  // namespace joulebench
