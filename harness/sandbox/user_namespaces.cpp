#include "harness/sandbox/user_namespaces.h"

#include <fstream>

namespace joulebench {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::string user_namespace_remedy() {
  if (first_line("/proc/sys/user/max_user_namespaces") == "0") {
    return "allow user namespaces: sysctl user.max_user_namespaces=10000";
  }
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1";
  }
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give "
           "bwrap an AppArmor profile with \"userns\"";
  }
  return "this machine or container forbids user namespaces; in a container, start it with "
         "--security-opt seccomp=unconfined or on the host itself";
}

}  // namespace joulebench
