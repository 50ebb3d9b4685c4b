#include "harness/meter/nvml_meter.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <fstream>
#include <optional>
#include <utility>

#include "harness/meter/wrapping_counter.h"

namespace joulebench {
namespace {

using Device = void*;
constexpr int kSuccess = 0;
constexpr int kNotSupported = 3;
constexpr unsigned kPowerInstantField = 186;  // NVML_FI_DEV_POWER_INSTANT, mW
constexpr unsigned kGpuTemperature = 0;       // NVML_TEMPERATURE_GPU

struct FieldValue {  // nvmlFieldValue_t
  unsigned field;
  unsigned scope;
  long long timestamp;
  long long latency_us;
  int type;
  int result;
  union {
    double d;
    unsigned u;
    unsigned long ul;
    unsigned long long ull;
    long long ll;
  } value;
};

struct ProcessInfo {  // nvmlProcessInfo_t of the functions ending in _v2 and _v3
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

/// The functions that are used, found by name. Those that an old driver lacks are null.
class Nvml {
 public:
  static std::shared_ptr<Nvml> load(const std::string& library, std::string& problem) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      problem = ::dlerror();
      return nullptr;
    }
    std::shared_ptr<Nvml> nvml(new Nvml(handle));
    if (nvml->init == nullptr || nvml->device_count == nullptr || nvml->device_at == nullptr) {
      problem = library + " is not NVML: it lacks nvmlInit_v2";
      return nullptr;
    }
    if (const int error = nvml->init(); error != kSuccess) {
      problem = nvml->message(error);
      return nullptr;
    }
    nvml->is_initialized_ = true;
    return nvml;
  }
  ~Nvml() {
    if (is_initialized_ && shutdown != nullptr) shutdown();
    ::dlclose(handle_);
  }
  std::string message(int error) const {
    return error_string != nullptr ? error_string(error) : fmt::format("NVML error {}", error);
  }

 private:
  void* handle_;
  bool is_initialized_ = false;
  explicit Nvml(void* handle) : handle_(handle) {
    find(init, "nvmlInit_v2");
    find(shutdown, "nvmlShutdown");
    find(error_string, "nvmlErrorString");
    find(device_count, "nvmlDeviceGetCount_v2");
    find(device_at, "nvmlDeviceGetHandleByIndex_v2");
    find(uuid, "nvmlDeviceGetUUID");
    find(energy, "nvmlDeviceGetTotalEnergyConsumption");
    find(power, "nvmlDeviceGetPowerUsage");
    find(fields, "nvmlDeviceGetFieldValues");
    find(power_limit, "nvmlDeviceGetEnforcedPowerLimit");
    find(temperature, "nvmlDeviceGetTemperature");
    find(mig_mode, "nvmlDeviceGetMigMode");
    find(processes, "nvmlDeviceGetComputeRunningProcesses_v3");
    if (processes == nullptr) find(processes, "nvmlDeviceGetComputeRunningProcesses_v2");
  }
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
  }

 public:
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_string)(int) = nullptr;
  int (*device_count)(unsigned*) = nullptr;
  int (*device_at)(unsigned, Device*) = nullptr;
  int (*uuid)(Device, char*, unsigned) = nullptr;
  int (*energy)(Device, unsigned long long*) = nullptr;  // mJ since the driver was loaded
  int (*power)(Device, unsigned*) = nullptr;             // mW, averaged by the board
  int (*fields)(Device, int, FieldValue*) = nullptr;
  int (*power_limit)(Device, unsigned*) = nullptr;  // mW
  int (*temperature)(Device, unsigned, unsigned*) = nullptr;
  int (*mig_mode)(Device, unsigned*, unsigned*) = nullptr;
  int (*processes)(Device, unsigned*, ProcessInfo*) = nullptr;
};

/// Is this process ours or below us? Through /proc, so processes of other namespaces are not.
bool is_ours(unsigned pid) {
  const auto own = static_cast<unsigned>(::getpid());
  for (int depth = 0; depth < 64 && pid > 1; ++depth) {
    if (pid == own) return true;
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    std::string line;
    if (!std::getline(stat, line)) return false;
    // "PID (any name) STATE PPID ...": the name may hold blanks and brackets.
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos || name_end + 4 > line.size()) return false;
    pid = static_cast<unsigned>(std::strtoul(line.c_str() + name_end + 4, nullptr, 10));
  }
  return false;
}

std::optional<unsigned> foreign_process(const Nvml& nvml, Device device) {
  if (nvml.processes == nullptr) return std::nullopt;
  std::array<ProcessInfo, 64> processes{};
  auto count = static_cast<unsigned>(processes.size());
  if (nvml.processes(device, &count, processes.data()) != kSuccess) return std::nullopt;
  for (unsigned i = 0; i < count && i < processes.size(); ++i) {
    if (!is_ours(processes[i].pid)) return processes[i].pid;
  }
  return std::nullopt;
}

class NvmlMeter final : public EnergyMeter {
 public:
  NvmlMeter(std::shared_ptr<Nvml> nvml, Device device, unsigned index, const std::string& uuid,
            bool has_counter, Watts limit, Clock& clock)
      : nvml_(std::move(nvml)),
        device_(device),
        clock_(&clock),
        info_{.name = fmt::format("gpu-{}", index),
              .kind = DomainKind::gpu,
              .source = "nvml:" + uuid,
              .energy_class = has_counter ? EnergyClass::measured : EnergyClass::derived,
              .in_total = true},
        has_counter_(has_counter),
        limit_(limit),
        counter_({.joules_per_count = 1e-3, .ceiling = limit * 4, .period = kPeriod}) {
    read();
  }

  const DomainInfo& domain() const override { return info_; }

  EnergySample read() override {
    EnergySample sample;
    unsigned long long millijoules = 0;
    std::optional<Watts> watts;
    int error = kSuccess;
    sample.before = clock_->now();
    if (has_counter_) {
      error = nvml_->energy(device_, &millijoules);
    } else {
      watts = read_power(error);
    }
    sample.after = clock_->now();
    if (error != kSuccess) {
      CounterEvents& events = counter_.events();
      ++events.failed_reads;
      events.last_error = fmt::format("{}: {}", info_.source, nvml_->message(error));
      last_power_.reset();
      return sample;
    }
    if (has_counter_) {
      counter_.feed(millijoules, sample.before, sample.after);
      sample.joules = counter_.total();
    } else {
      integrate(*watts, sample.before);
      sample.joules = integrated_;
    }
    return sample;
  }

  std::optional<SideReading> read_telemetry() override {
    SideReading reading{.time = clock_->now()};
    int error = kSuccess;
    reading.watts = has_counter_ ? read_power(error) : last_power_;
    unsigned celsius = 0;
    if (nvml_->temperature != nullptr &&
        nvml_->temperature(device_, kGpuTemperature, &celsius) == kSuccess) {
      reading.celsius = celsius;
    }
    if (has_counter_ && reading.watts) check_against_power(*reading.watts, reading.time);
    // The list of processes costs more than a reading and changes seldom.
    if (asides_++ % 10 != 0) return reading;
    if (const auto pid = foreign_process(*nvml_, device_)) {
      CounterEvents& events = counter_.events();
      ++events.foreign;
      events.last_oddity = fmt::format("is also used by process {}, which is not below ours", *pid);
    }
    return reading;
  }

  CounterTraits traits() const override {
    if (!has_counter_) {
      return {.period = kPeriod, .has_ticks = false, .longest_gap = Seconds(0.05)};
    }
    return {.quantum = Joules{1e-3}, .ceiling = limit_ * 4, .period = kPeriod, .settle = kPeriod};
  }
  CounterEvents events() const override { return counter_.events(); }

 private:
  // Boards renew counter and power every 20 to 100 ms, and average power over as long.
  static constexpr Seconds kPeriod{0.1};

  std::optional<Watts> read_power(int& error) {
    if (nvml_->fields != nullptr) {
      FieldValue field{.field = kPowerInstantField};
      if (nvml_->fields(device_, 1, &field) == kSuccess && field.result == kSuccess) {
        return Watts{field.value.u * 1e-3};
      }
    }
    unsigned milliwatts = 0;
    error = nvml_->power != nullptr ? nvml_->power(device_, &milliwatts) : kNotSupported;
    if (error != kSuccess) return std::nullopt;
    return Watts{milliwatts * 1e-3};
  }

  void integrate(Watts watts, SteadyTime now) {
    if (last_power_) integrated_ += (*last_power_ + watts) / 2 * Seconds(now - last_power_time_);
    last_power_ = watts;
    last_power_time_ = now;
  }

  /// Counters have been seen that count another board, or in other units: over 5 s and more the
  /// counter and the power must agree within a quarter.
  void check_against_power(Watts watts, SteadyTime now) {
    if (!last_power_) {
      checked_from_ = counter_.total();
      integrated_ = {};
      check_started_ = now;
    }
    integrate(watts, now);
    if (Seconds(now - check_started_) < Seconds(5)) return;
    const Joules counted = counter_.total() - checked_from_;
    if (std::abs(counted.value - integrated_.value) >
        0.25 * std::max(counted.value, integrated_.value)) {
      CounterEvents& events = counter_.events();
      ++events.implausible;
      events.last_oddity = fmt::format("counted {:.1f} J while its power came to {:.1f} J",
                                       counted.value, integrated_.value);
    }
    last_power_.reset();
  }

  std::shared_ptr<Nvml> nvml_;
  Device device_;
  Clock* clock_;
  DomainInfo info_;
  bool has_counter_;
  Watts limit_;
  WrappingCounter counter_;
  Joules integrated_{};
  std::optional<Watts> last_power_;
  SteadyTime last_power_time_{};
  SteadyTime check_started_{};
  Joules checked_from_{};
  unsigned asides_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<EnergyMeter>> open_nvml_meters(const std::string& library,
                                                           bool is_named, Clock& clock,
                                                           std::vector<MissingSource>& missing) {
  std::vector<std::unique_ptr<EnergyMeter>> meters;
  std::string problem;
  const std::shared_ptr<Nvml> nvml = Nvml::load(library, problem);
  if (nvml == nullptr) {
    // Without a GPU there is no library, and nothing to say unless it was asked for.
    if (is_named || problem.find("No such file") == std::string::npos) {
      missing.push_back({"nvml", problem, "install NVIDIA's driver, and try nvidia-smi"});
    }
    return meters;
  }
  unsigned count = 0;
  if (const int error = nvml->device_count(&count); error != kSuccess) {
    missing.push_back({"nvml", nvml->message(error), "try nvidia-smi"});
    return meters;
  }
  if (count == 0 && is_named) missing.push_back({"nvml", "no board was found", "try nvidia-smi"});
  for (unsigned index = 0; index < count; ++index) {
    Device device = nullptr;
    const std::string name = fmt::format("nvml:{}", index);
    if (const int error = nvml->device_at(index, &device); error != kSuccess) {
      missing.push_back({name, nvml->message(error), fmt::format("nvidia-smi -i {}", index)});
      continue;
    }
    std::array<char, 96> text{};
    std::string uuid = fmt::format("{}", index);
    if (nvml->uuid != nullptr && nvml->uuid(device, text.data(), text.size() - 1) == kSuccess)
      uuid = text.data();
    unsigned current = 0, pending = 0;
    if (nvml->mig_mode != nullptr && nvml->mig_mode(device, &current, &pending) == kSuccess &&
        current != 0) {
      missing.push_back({"nvml:" + uuid,
                         "the board is partitioned (MIG): its counter is that of all parts",
                         fmt::format("sudo nvidia-smi -i {} -mig 0", index)});
      continue;
    }
    if (const auto pid = foreign_process(*nvml, device)) {
      missing.push_back(
          {"nvml:" + uuid,
           fmt::format("process {} uses the board: its energy cannot be told from ours", *pid),
           fmt::format("end it: kill {}", *pid)});
      continue;
    }
    unsigned long long millijoules = 0;
    const int error = nvml->energy != nullptr ? nvml->energy(device, &millijoules) : kNotSupported;
    if (error != kSuccess && error != kNotSupported) {
      missing.push_back(
          {"nvml:" + uuid, nvml->message(error), fmt::format("nvidia-smi -i {}", index)});
      continue;
    }
    unsigned limit_mw = 0;
    if (nvml->power_limit == nullptr || nvml->power_limit(device, &limit_mw) != kSuccess)
      limit_mw = 1'000'000;
    auto meter = std::make_unique<NvmlMeter>(nvml, device, index, uuid, error == kSuccess,
                                             Watts{limit_mw * 1e-3}, clock);
    if (meter->events().failed_reads > 0) {
      missing.push_back(
          {"nvml:" + uuid, meter->events().last_error, fmt::format("nvidia-smi -i {}", index)});
      continue;
    }
    meters.push_back(std::move(meter));
  }
  return meters;
}

}  // namespace joulebench
