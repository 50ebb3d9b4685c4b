#include "harness/block/node_state.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "core/file.h"
#include "harness/block/gpu_names.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::optional<long> number_in(const fs::path& file) {
  std::ifstream in(file);
  long value = 0;
  if (!(in >> value)) return std::nullopt;
  return value;
}

// "key : value" and "key=value" files; of repeated keys the first.
std::map<std::string, std::string> pairs_in(const fs::path& file, char separator) {
  std::map<std::string, std::string> pairs;
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    const auto split = line.find(separator);
    if (split == line.npos) continue;
    std::string key = line.substr(0, split);
    std::string value = line.substr(split + 1);
    const auto trim = [](std::string& text) {
      const auto from = text.find_first_not_of(" \t\"");
      const auto to = text.find_last_not_of(" \t\"");
      text = from == text.npos ? "" : text.substr(from, to - from + 1);
    };
    trim(key);
    trim(value);
    pairs.try_emplace(key, value);
  }
  return pairs;
}

std::optional<std::uint64_t> kibibytes(const std::map<std::string, std::string>& pairs,
                                       const char* key) {
  const auto found = pairs.find(key);
  std::uint64_t value = 0;
  if (found == pairs.end() || !(std::istringstream(found->second) >> value)) return std::nullopt;
  return value << 10;
}

// intel_pstate says it the other way round than cpufreq's boost.
std::optional<bool> turbo_state(const fs::path& cpu) {
  if (const auto off = number_in(cpu / "intel_pstate/no_turbo")) return *off == 0;
  if (const auto boost = number_in(cpu / "cpufreq/boost")) return *boost != 0;
  return std::nullopt;
}

// The hottest zone, in millidegrees there.
std::optional<double> hottest(const fs::path& thermal) {
  std::optional<double> celsius;
  std::error_code none;
  for (const auto& zone : fs::directory_iterator(thermal, none)) {
    if (!zone.path().filename().string().starts_with("thermal_zone")) continue;
    const auto value = number_in(zone.path() / "temp");
    if (value) celsius = std::max(celsius.value_or(-273.15), static_cast<double>(*value) / 1000);
  }
  return celsius;
}

}  // namespace

NodeState read_node_state(const fs::path& sysfs, const fs::path& proc) {
  NodeState node;
  utsname names{};
  if (::uname(&names) == 0) {
    node.hostname = names.nodename;
    node.kernel = std::string(names.sysname) + " " + names.release;
  }
  const auto cpuinfo = pairs_in(proc / "cpuinfo", ':');
  for (const char* key : {"model name", "Model", "Hardware", "cpu model"}) {
    if (const auto found = cpuinfo.find(key); node.cpu_model.empty() && found != cpuinfo.end()) {
      node.cpu_model = found->second;
    }
  }
  node.cpus = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const auto memory = pairs_in(proc / "meminfo", ':');
  node.memory_bytes = kibibytes(memory, "MemTotal").value_or(0);
  const auto swap = kibibytes(memory, "SwapTotal");
  const auto swap_free = kibibytes(memory, "SwapFree");
  if (swap && swap_free) node.swap_used_bytes = *swap - *swap_free;
  const auto release = pairs_in("/etc/os-release", '=');
  if (const auto name = release.find("PRETTY_NAME"); name != release.end()) {
    node.operating_system = name->second;
  }
  const fs::path cpu = sysfs / "devices/system/cpu";
  node.governor = first_line(cpu / "cpu0/cpufreq/scaling_governor");
  node.turbo = turbo_state(cpu);
  if (const auto active = number_in(cpu / "smt/active")) node.smt = *active != 0;
  node.gpus = gpu_names(sysfs, proc);
  node.gpu_ids = gpu_ids(proc);
  if (const auto found = cpuinfo.find("microcode"); found != cpuinfo.end()) {
    node.microcode = found->second;
  }
  node.gpu_driver = first_line(sysfs / "module/nvidia/version");
  std::ifstream load(proc / "loadavg");
  double average = 0;
  if (load >> average) node.load_average = average;
  node.temperature_celsius = hottest(sysfs / "class/thermal");
  return node;
}

std::optional<Seconds> machine_cpu_time(const fs::path& proc) {
  // cpu  user nice system idle iowait irq softirq steal guest guest_nice, in ticks; guest time is
  // inside user already. Source: proc(5).
  std::ifstream in(proc / "stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0;
  if (!(in >> name >> user >> nice >> system >> idle >> waiting >> irq >> softirq)) {
    return std::nullopt;
  }
  return Seconds((user + nice + system + irq + softirq) /
                 static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace joulebench
