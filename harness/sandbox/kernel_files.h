#pragma once

#include <string>
#include <vector>

namespace joulebench {

/// A file or folder of /proc as every sandbox sees it, in place of the kernel's.
struct KernelFile {
  enum class Kind { text, closed_file, empty_folder };
  std::string path;
  Kind kind = Kind::text;
  std::string text = {};
};

/// What of /proc, besides that of its own processes, is not the kernel's for a sandbox. The
/// kernel's counters there (of processes started, load, memory, interrupts, devices) are of the
/// whole machine: one sandbox could move them and the next could read it. Text that programs ask
/// for (stat, meminfo, cpuinfo, uptime, loadavg) is made up, the rest closed. Sorted by path.
/// `proc`: the machine's. Errors: Error when it cannot be read.
std::vector<KernelFile> kernel_files(const std::string& proc = "/proc");

}  // namespace joulebench
