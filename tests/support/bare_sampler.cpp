// The least that sampling can cost on a machine: sleeps to each instant and reads the files,
// nothing else.
//   bare_sampler PERIOD_MS SECONDS FILE...      prints the share of a CPU that it took
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto period_ns = static_cast<std::int64_t>(std::atof(argv[1]) * 1e6);
  const double length_s = std::atof(argv[2]);
  std::vector<int> files;
  for (int i = 3; i < argc; ++i) {
    files.push_back(open(argv[i], O_RDONLY));
    if (files.back() < 0) {
      std::perror(argv[i]);
      return 2;
    }
  }
  timespec start{};
  clock_gettime(CLOCK_MONOTONIC, &start);
  const double cpu_before = cpu_seconds();
  const auto rounds = static_cast<std::int64_t>(length_s * 1e9) / period_ns;
  for (std::int64_t round = 1; round <= rounds; ++round) {
    const std::int64_t at_ns = start.tv_nsec + round * period_ns;
    const timespec at{start.tv_sec + at_ns / 1'000'000'000, at_ns % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
    char text[32];
    for (const int file : files) {
      if (pread(file, text, sizeof text, 0) <= 0) return 2;
    }
  }
  std::printf("%.9f\n", (cpu_seconds() - cpu_before) / length_s);
  return 0;
}
