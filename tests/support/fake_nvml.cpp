// A shared library with NVML's symbols, for tests without a GPU. What it says is set by a file
// named in FAKE_NVML, read at each call: words NAME=VALUE, one a line.
//   boards      number of boards (1)
//   watts       constant power; the energy counter follows it by the clock, renewed every 100 ms
//   (100) counter     1: total energy counter; 0: power only (1) factor      the counter's error
//   (1) mig         1: partitioned (0) foreign     id of a process that uses the board (0: none)
//   lost        1: the board has fallen off the bus (0)
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>

namespace {

double setting(const char* name, double otherwise) {
  const char* path = std::getenv("FAKE_NVML");
  std::ifstream file(path != nullptr ? path : "");
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (line.substr(0, equals) == name) return std::atof(line.c_str() + equals + 1);
  }
  return otherwise;
}

bool is_lost() {
  return setting("lost", 0) != 0;
}
constexpr int kLost = 15, kNotSupported = 3;

}  // namespace

extern "C" {

int nvmlInit_v2() {
  return 0;
}
int nvmlShutdown() {
  return 0;
}
const char* nvmlErrorString(int error) {
  return error == kLost           ? "GPU is lost"
         : error == kNotSupported ? "Not Supported"
                                  : "Unknown Error";
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(setting("boards", 1));
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  static char boards[16];
  *device = &boards[index];
  return 0;
}
int nvmlDeviceGetUUID(void*, char* text, unsigned size) {
  std::snprintf(text, size, "GPU-fake");
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* millijoules) {
  if (is_lost()) return kLost;
  if (setting("counter", 1) == 0) return kNotSupported;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long long period_ns = 100'000'000;
  const long long ns = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  *millijoules = static_cast<unsigned long long>(setting("watts", 100) * setting("factor", 1) *
                                                 static_cast<double>(ns - ns % period_ns) * 1e-6);
  return 0;
}
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
  if (is_lost()) return kLost;
  *milliwatts = static_cast<unsigned>(setting("watts", 100) * 1000);
  return 0;
}
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
  *milliwatts = 400'000;
  return 0;
}
int nvmlDeviceGetTemperature(void*, unsigned, unsigned* celsius) {
  *celsius = 55;
  return 0;
}
int nvmlDeviceGetMigMode(void*, unsigned* current, unsigned* pending) {
  *current = *pending = static_cast<unsigned>(setting("mig", 0));
  return 0;
}
struct Process {
  unsigned pid;
  unsigned long long memory;
  unsigned gpu_instance, compute_instance;
};
int nvmlDeviceGetComputeRunningProcesses_v3(void*, unsigned* count, Process* processes) {
  const auto pid = static_cast<unsigned>(setting("foreign", 0));
  *count = pid == 0 ? 0 : 1;
  if (pid != 0) processes[0] = {pid, 1 << 20, 0, 0};
  return 0;
}
}
