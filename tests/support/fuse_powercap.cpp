// A powercap tree whose true energy is known, as a file system: counters move by the clock in ticks
// and whole units, shown and rounded as the kernel does. For tests and benches of the meters.
//
//   fuse_powercap MOUNT STEPS ZONE...
//
// ZONE is FOLDER,NAME,IDLE_W,BUSY_W,RANGE_UJ: intel-rapl:0,package-0,10,42,262143328850.
// STEPS is a file that holds PowerSteps; a program that maps it switches the power. Runs until it
// is unmounted.
#define FUSE_USE_VERSION 31

#include <fcntl.h>
#include <fuse.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/power_steps.h"

namespace {

constexpr std::int64_t kTickNs = 976'000;
constexpr double kUnitJoules = 1.0 / 16384;
constexpr std::uint64_t kShownUnitNj = 61035;

joulebench::PowerSteps* steps = nullptr;

struct Zone {
  std::string folder, name;
  double idle_w = 0, busy_w = 0;
  std::uint64_t range_uj = 0;

  // Joules at a time: idle power always, the rest while busy.
  double joules(std::int64_t ns) const {
    const auto busy_ns = static_cast<double>(steps->busy_ns(ns));
    return idle_w * static_cast<double>(ns) * 1e-9 + (busy_w - idle_w) * busy_ns * 1e-9;
  }
  std::uint64_t energy_uj() const {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t ns = now.tv_sec * 1'000'000'000 + now.tv_nsec;
    const auto units = static_cast<std::uint64_t>(joules(ns - ns % kTickNs) / kUnitJoules);
    return units % (highest_units() + 1) * kShownUnitNj / 1000;
  }
  // The range is what the highest value of the register shows; the wrap is one unit above.
  std::uint64_t highest_units() const {
    return (range_uj * 1000 + kShownUnitNj - 1) / kShownUnitNj;
  }
  std::uint64_t shown_range_uj() const { return highest_units() * kShownUnitNj / 1000; }
};
std::vector<Zone> zones;

/// What a path shows: a folder, or a file of a zone.
struct Node {
  bool is_folder = false;
  const Zone* zone = nullptr;
  std::string file;
};

bool find(const std::string& path, Node& node) {
  if (path == "/" || path == "/class" || path == "/class/powercap") {
    node.is_folder = true;
    return true;
  }
  const std::string base = "/class/powercap/";
  if (path.rfind(base, 0) != 0) return false;
  const std::string rest = path.substr(base.size());
  const std::size_t slash = rest.find('/');
  for (const Zone& zone : zones) {
    if (zone.folder != rest.substr(0, slash)) continue;
    node.zone = &zone;
    node.is_folder = slash == std::string::npos;
    if (!node.is_folder) node.file = rest.substr(slash + 1);
    return node.is_folder || node.file == "name" || node.file == "energy_uj" ||
           node.file == "max_energy_range_uj";
  }
  return false;
}

int get_attributes(const char* path, struct stat* attributes, fuse_file_info*) {
  Node node;
  if (!find(path, node)) return -ENOENT;
  std::memset(attributes, 0, sizeof *attributes);
  attributes->st_mode = node.is_folder ? S_IFDIR | 0555 : S_IFREG | 0444;
  attributes->st_nlink = 1;
  attributes->st_size = node.is_folder ? 0 : 4096;
  return 0;
}

int read_folder(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*,
                fuse_readdir_flags) {
  Node node;
  if (!find(path, node) || !node.is_folder) return -ENOENT;
  const auto add = [&](const std::string& name) {
    fill(buffer, name.c_str(), nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  };
  if (node.zone != nullptr) {
    for (const char* name : {"name", "energy_uj", "max_energy_range_uj"}) add(name);
  } else if (std::string(path) == "/") {
    add("class");
  } else if (std::string(path) == "/class") {
    add("powercap");
  } else {
    for (const Zone& zone : zones) add(zone.folder);
  }
  return 0;
}

int open_file(const char* path, fuse_file_info* info) {
  Node node;
  if (!find(path, node)) return -ENOENT;
  info->direct_io = 1;  // every read asks here, as in sysfs
  if (!node.is_folder) {
    const auto index = static_cast<std::uint64_t>(node.zone - zones.data());
    info->fh = index * 4 + (node.file == "name" ? 0u : node.file == "energy_uj" ? 1u : 2u);
  }
  return 0;
}

int read_file(const char*, char* buffer, std::size_t size, off_t offset, fuse_file_info* info) {
  const Zone& zone = zones[info->fh / 4];
  char text[64];
  int length = 0;
  switch (info->fh % 4) {
    case 0:
      length = std::snprintf(text, sizeof text, "%s\n", zone.name.c_str());
      break;
    case 1:
      length = std::snprintf(text, sizeof text, "%llu\n",
                             static_cast<unsigned long long>(zone.energy_uj()));
      break;
    default:
      length = std::snprintf(text, sizeof text, "%llu\n",
                             static_cast<unsigned long long>(zone.shown_range_uj()));
  }
  if (offset >= length) return 0;
  const std::size_t n = std::min(size, static_cast<std::size_t>(length - offset));
  std::memcpy(buffer, text + offset, n);
  return static_cast<int>(n);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr,
                 "usage: fuse_powercap MOUNT STEPS FOLDER,NAME,IDLE_W,BUSY_W,RANGE_UJ...\n");
    return 2;
  }
  const int fd = open(argv[2], O_RDWR | O_CREAT, 0666);
  if (fd < 0 || ftruncate(fd, sizeof(joulebench::PowerSteps)) != 0) {
    std::perror(argv[2]);
    return 2;
  }
  void* mapped =
      mmap(nullptr, sizeof(joulebench::PowerSteps), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) {
    std::perror("mmap");
    return 2;
  }
  steps = static_cast<joulebench::PowerSteps*>(mapped);
  for (int i = 3; i < argc; ++i) {
    std::istringstream fields(argv[i]);
    Zone zone;
    char comma = 0;
    std::getline(fields, zone.folder, ',');
    std::getline(fields, zone.name, ',');
    if (!(fields >> zone.idle_w >> comma >> zone.busy_w >> comma >> zone.range_uj)) {
      std::fprintf(stderr, "fuse_powercap: not a zone: %s\n", argv[i]);
      return 2;
    }
    zones.push_back(zone);
  }
  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.readdir = read_folder;
  operations.open = open_file;
  operations.read = read_file;
  // In the foreground, one thread: an answer wakes nobody else.
  char foreground[] = "-f", single[] = "-s";
  // Names are remembered by the kernel, as sysfs's are: only opening and reading come here.
  char names[] = "-oentry_timeout=86400,attr_timeout=86400,negative_timeout=86400";
  char* arguments[] = {argv[0], foreground, single, names, argv[1], nullptr};
  return fuse_main(5, arguments, &operations, nullptr);
}
