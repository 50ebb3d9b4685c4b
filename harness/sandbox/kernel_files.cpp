#include "harness/sandbox/kernel_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// Neither counts nor remembers what a sandbox can do; the links among them lead to what is the
// process's own, and CUDA reads /proc/driver. What a later kernel adds is closed. Each closed file
// is a mount at every launch, so no more of them than needed.
constexpr std::array kKept = {
    "acpi",   "bus",     "cgroups",     "cmdline",    "config.gz", "consoles",    "cpuinfo",
    "crypto", "devices", "dma",         "driver",     "fb",        "execdomains", "filesystems",
    "iomem",  "ioports", "kallsyms",    "key-users",  "keys",      "misc",        "modules",
    "mounts", "mtrr",    "net",         "partitions", "scsi",      "self",        "swaps",
    "sys",    "sysvipc", "thread-self", "tty",        "version"};
// Below /proc/sys: counts of open files, inodes and names of the whole machine; its number.
constexpr const char* kCounts = "/proc/sys/fs";
constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";

std::vector<std::string> lines_with(const std::string& text, std::string_view beginning) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    if (std::string_view(text).substr(from).starts_with(beginning)) {
      lines.push_back(text.substr(from, end - from));
    }
    from = end + 1;
  }
  return lines;
}

// With a line for each CPU: C libraries count them.
std::string stat_text(const std::string& kernels) {
  std::string text;
  for (const std::string& line : lines_with(kernels, "cpu")) {
    text += line.substr(0, line.find(' ')) + " 0 0 0 0 0 0 0 0 0 0\n";
  }
  return text +
         "intr 0\nctxt 0\nbtime 0\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n"
         "softirq 0 0 0 0 0 0 0 0 0 0 0\n";
}

// The machine's size, all of it free.
std::string memory_text(const std::string& kernels) {
  std::uint64_t total_kb = 0;
  for (const std::string& line : lines_with(kernels, "MemTotal:")) {
    total_kb = std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10);
  }
  std::string text;
  for (const auto& [name, value] :
       {std::pair{"MemTotal", total_kb}, {"MemFree", total_kb}, {"MemAvailable", total_kb}}) {
    text += fmt::format("{:<16}{:>8} kB\n", std::string(name) + ":", value);
  }
  for (const char* name :
       {"Buffers", "Cached", "SwapCached", "Active", "Inactive", "SwapTotal", "SwapFree", "Dirty",
        "Writeback", "AnonPages", "Mapped", "Shmem", "Slab", "Committed_AS"}) {
    text += fmt::format("{:<16}{:>8} kB\n", std::string(name) + ":", 0);
  }
  return text + "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n";
}

// Others than root may read it at all.
bool is_open(const fs::directory_entry& entry) {
  std::error_code gone;
  return (entry.status(gone).permissions() & fs::perms::others_read) != fs::perms::none;
}

bool is_number(const std::string& name) {
  return name.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::vector<KernelFile> kernel_files(const std::string& proc) {
  using Kind = KernelFile::Kind;
  const auto kernels = [&proc](const char* name) { return read_text_file(fs::path(proc) / name); };
  std::vector<KernelFile> files = {{"/proc/stat", Kind::text, stat_text(kernels("stat"))},
                                   {"/proc/meminfo", Kind::text, memory_text(kernels("meminfo"))},
                                   {"/proc/loadavg", Kind::text, "0.00 0.00 0.00 1/1 1\n"},
                                   {"/proc/uptime", Kind::text, "0.00 0.00\n"}};
  const std::size_t made_up = files.size();
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(proc, code)) {
    const std::string name = entry.path().filename().string();
    const std::string path = "/proc/" + name;
    const bool is_made_up = std::any_of(files.begin(), files.begin() + made_up,
                                        [&](const KernelFile& one) { return one.path == path; });
    if (is_number(name) || is_made_up || std::count(kKept.begin(), kKept.end(), name) > 0) continue;
    if (!is_open(entry)) continue;
    const bool is_folder = entry.is_directory(code);
    files.push_back({.path = path, .kind = is_folder ? Kind::empty_folder : Kind::closed_file});
  }
  files.push_back({.path = kCounts, .kind = Kind::empty_folder});
  files.push_back({.path = kBootId, .kind = Kind::closed_file});
  std::sort(files.begin(), files.end(),
            [](const KernelFile& a, const KernelFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace joulebench
