// Keeps one thread busy for a time, and switches the power of fuse_powercap meanwhile.
//   busy SECONDS [STEPS]
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "tests/support/power_steps.h"

namespace {

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto length_ns = static_cast<std::int64_t>(std::atof(argv[1]) * 1e9);
  joulebench::PowerSteps none{};
  joulebench::PowerSteps* steps = &none;
  if (argc > 2) {
    const int fd = open(argv[2], O_RDWR);
    void* mapped =
        fd < 0 ? MAP_FAILED : mmap(nullptr, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
      std::perror(argv[2]);
      return 2;
    }
    steps = static_cast<joulebench::PowerSteps*>(mapped);
  }
  const std::int64_t start = now_ns();
  steps->switch_on(start);
  while (now_ns() < start + length_ns) {
  }
  steps->switch_off(now_ns());
}
