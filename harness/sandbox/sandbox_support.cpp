#include "harness/sandbox/sandbox_support.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/error.h"
#include "harness/sandbox/control_group.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Field 22 of /proc/PID/stat: start time in clock ticks since boot; tells a reused process id.
/// Empty: no process.
std::string start_time_of(const std::string& pid) {
  const std::string line = first_line("/proc/" + pid + "/stat");
  std::size_t at = line.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

constexpr const char* kPrefix = "joulebench-";

}  // namespace

std::string block_name(unsigned count) {
  const std::string pid = std::to_string(::getpid());
  return kPrefix + pid + "-" + start_time_of("self") + "-" + std::to_string(count);
}

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

void require_enforced(const std::map<std::string, std::string>& enforcement) {
  const auto how = [&](const char* name) {
    const auto found = enforcement.find(name);
    return found == enforcement.end() ? std::string("none") : found->second;
  };
  const std::string group_hint =
      "run as root, or in a control group of your own: systemd-run --user --scope -p Delegate=yes "
      "joulebench ...; "
      "or leave out the ranking (an unranked run goes on and is marked)";
  if (!how("memory").starts_with("cgroup")) {
    const auto& missing = places_for_blocks().missing;
    const auto reason = missing.find("memory");
    throw Error({.what = "this track is ranked, and its memory limit cannot be enforced here",
                 .where = "memory: " + how("memory") +
                          (reason == missing.end() ? "" : "; " + reason->second),
                 .hint = group_hint});
  }
  for (const char* name : {"processes", "cpus"}) {
    if (how(name) == "none") {
      throw Error({.what = std::string("this track is ranked, and its limit of ") + name +
                           " cannot be enforced here",
                   .where = std::string(name) + ": none",
                   .hint = group_hint});
    }
  }
}

std::vector<std::string> gpu_devices(unsigned count) {
  std::vector<std::string> devices;
  if (count == 0) return devices;
  for (unsigned i = 0; i < count; ++i) {
    const std::string device = "/dev/nvidia" + std::to_string(i);
    struct stat status {};
    if (::stat(device.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) {
      throw Error(
          {.what = "the track grants " + std::to_string(count) + " GPU(s), and there are fewer",
           .where = device + ": no such device",
           .hint = "load the NVIDIA driver (nvidia-smi shows what it sees), or lower limits.gpus"});
    }
    devices.push_back(device);
  }
  for (const char* control : {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"}) {
    if (::access(control, F_OK) == 0) devices.emplace_back(control);
  }
  return devices;
}

}  // namespace joulebench
