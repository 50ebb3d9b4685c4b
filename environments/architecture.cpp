#include "environments/architecture.h"

#include <sys/utsname.h>

namespace joulebench {

std::string architecture() {
  utsname name{};
  ::uname(&name);
  const std::string machine = name.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

}  // namespace joulebench
