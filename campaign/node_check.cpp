#include "campaign/node_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "harness/block/node_state.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr double kMostForeignCpus = 0.05;  // design.md 5.9: fixed in advance
constexpr double kWarmCelsius = 85;

Seconds own_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

std::optional<std::uint64_t> count_throttles(const fs::path& cpus) {
  std::optional<std::uint64_t> sum;
  std::error_code none;
  for (const auto& cpu : fs::directory_iterator(cpus, none)) {
    for (const char* name : {"core_throttle_count", "package_throttle_count"}) {
      std::ifstream file(cpu.path() / "thermal_throttle" / name);
      std::uint64_t count = 0;
      if (file >> count) sum = sum.value_or(0) + count;
    }
  }
  return sum;
}

}  // namespace

NodeCheck check_node(Clock& clock, Seconds time, const fs::path& sysfs, const fs::path& proc) {
  const fs::path cpus = sysfs / "devices/system/cpu";
  const auto cpu_before = machine_cpu_time(proc);
  const Seconds own_before = own_cpu_time();
  const auto throttles_before = count_throttles(cpus);
  const SteadyTime started = clock.now();
  clock.sleep_until(started + std::chrono::duration_cast<std::chrono::nanoseconds>(time));

  NodeCheck check{.state = read_node_state(sysfs, proc)};
  const auto cpu_after = machine_cpu_time(proc);
  const Seconds own = own_cpu_time() - own_before;
  if (cpu_before && cpu_after) {
    check.foreign_cpus = std::max(0.0, (*cpu_after - *cpu_before - own) / (clock.now() - started));
  }
  check.throttle_events = count_throttles(cpus);

  const auto flag = [&](const char* name, std::string detail) {
    check.flags.push_back({name, std::move(detail)});
  };
  const NodeState& state = check.state;
  if (state.governor && *state.governor != "performance") {
    flag("governor", fmt::format("the governor is {}; sudo cpupower frequency-set -g performance",
                                 *state.governor));
  }
  if (state.turbo && *state.turbo) {
    flag("turbo",
         "turbo is on: speed and power depend on temperature; switch it off in the firmware or "
         "by echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo");
  }
  if (state.smt && *state.smt) {
    flag("smt",
         "hardware threads share cores; echo off | sudo tee /sys/devices/system/cpu/smt/control");
  }
  if (state.swap_used_bytes && *state.swap_used_bytes > 0) {
    flag("swap",
         fmt::format("{} MB are swapped out; sudo swapoff -a", *state.swap_used_bytes / 1'000'000));
  }
  if (check.foreign_cpus && *check.foreign_cpus > kMostForeignCpus) {
    flag("foreign-load",
         fmt::format("other programs keep {:.2f} CPUs busy; end them (top shows which)",
                     *check.foreign_cpus));
  }
  if (check.throttle_events && throttles_before && *check.throttle_events > *throttles_before) {
    flag("throttled", "the processor throttled just now; let it cool");
  }
  if (state.temperature_celsius && *state.temperature_celsius > kWarmCelsius) {
    flag("hot", fmt::format("{:.0f} degrees Celsius; let it cool", *state.temperature_celsius));
  }
  return check;
}

}  // namespace joulebench
