#include "harness/sandbox/process_limits.h"

#include <algorithm>

namespace joulebench {
namespace {

std::optional<cpu_set_t> last_of_ours(const SandboxSpec& spec) {
  cpu_set_t ours, chosen;
  CPU_ZERO(&chosen);
  if (::sched_getaffinity(0, sizeof ours, &ours) != 0) return std::nullopt;
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &ours)) cpus.push_back(cpu);
  }
  for (const int cpu : last_cpus(cpus, spec.limits.cpus, spec.cpus_before)) CPU_SET(cpu, &chosen);
  return chosen;
}

}  // namespace

std::vector<int> last_cpus(const std::vector<int>& cpus, unsigned count, std::size_t before) {
  std::vector<int> chosen;
  const std::size_t all = cpus.size();
  for (std::size_t i = 0; i < std::min<std::size_t>(count, all); ++i) {
    chosen.push_back(cpus[all - 1 - (before + i) % all]);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

ProcessLimits process_limits(const SandboxSpec& spec, const ProcessLimitsWanted& wanted) {
  ProcessLimits result;
  const Limits& limits = spec.limits;
  const auto limit = [&result](int resource, std::uint64_t value) {
    // Never above what we have ourselves: a plain user may not raise it.
    rlimit ours{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &ours);
    const rlim_t hard = std::min<rlim_t>(value, ours.rlim_max);
    result.rlimits.push_back({resource, {hard, hard}});
  };
  limit(RLIMIT_CORE, 1);  // 1, not 0: also keeps a core_pattern pipe from starting (core(5))
  limit(RLIMIT_NOFILE, std::max<std::uint64_t>(spec.open_files, 32));
  limit(RLIMIT_MEMLOCK, 64u << 20);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_NICE, 0);
  limit(RLIMIT_RTPRIO, 0);
  limit(RLIMIT_SIGPENDING, 4096);
  limit(RLIMIT_FSIZE, std::max(limits.memory_bytes, limits.output_bytes));
  limit(RLIMIT_STACK, std::min<std::uint64_t>(8u << 20, limits.memory_bytes));
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(spec.cpu_limit().count()) + 2);
  if (wanted.processes) limit(RLIMIT_NPROC, *wanted.processes);
  if (wanted.data) limit(RLIMIT_DATA, limits.memory_bytes);
  if (wanted.affinity) result.affinity = last_of_ours(spec);
  return result;
}

}  // namespace joulebench
