#include "harness/meter/hwmon_meter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "harness/meter/kernel_file.h"
#include "harness/meter/wrapping_counter.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

/// A kernel file with one number, kept open.
class NumberFile {
 public:
  explicit NumberFile(fs::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!descriptor_.is_open()) error_ = errno;
  }
  std::optional<std::uint64_t> read() {
    if (!descriptor_.is_open()) return std::nullopt;
    std::array<char, 32> text;
    const ssize_t size = ::pread(descriptor_.get(), text.data(), text.size(), 0);
    error_ = size < 0 ? errno : EBADMSG;
    std::uint64_t number = 0;
    if (size <= 0) return std::nullopt;
    const auto [end, status] = std::from_chars(text.data(), text.data() + size, number);
    if (status != std::errc{} || (end != text.data() + size && *end != '\n')) return std::nullopt;
    return number;
  }
  std::string problem() const { return path_.string() + ": " + system_message(error_); }

 private:
  fs::path path_;
  FileDescriptor descriptor_;
  int error_ = 0;
};

/// energy*_input: microjoules since the driver was loaded, 64 bits wide.
class HwmonEnergyMeter final : public EnergyMeter {
 public:
  HwmonEnergyMeter(DomainInfo info, const fs::path& file, Clock& clock)
      : info_(std::move(info)),
        file_(file),
        clock_(&clock),
        counter_({.joules_per_count = 1e-6, .ceiling = Watts{5000}, .period = kPeriod}) {
    if (!read().joules)
      throw Error({.what = "cannot read the energy counter", .where = file_.problem()});
  }
  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override {
    EnergySample sample;
    sample.before = clock_->now();
    const auto uj = file_.read();
    sample.after = clock_->now();
    if (!uj) {
      ++counter_.events().failed_reads;
      counter_.events().last_error = file_.problem();
      return sample;
    }
    counter_.feed(*uj, sample.before, sample.after);
    sample.joules = counter_.total();
    return sample;
  }
  CounterTraits traits() const override { return {.quantum = Joules{1e-6}, .period = kPeriod}; }
  CounterEvents events() const override { return counter_.events(); }

 private:
  static constexpr Seconds kPeriod{0.1};  // none states it; taken as slow until it is seen
  DomainInfo info_;
  NumberFile file_;
  Clock* clock_;
  WrappingCounter counter_;
};

/// Power integrated over the readings: as good as the readings are close.
class HwmonPowerMeter final : public EnergyMeter {
 public:
  /// Power is the product of the files' numbers times `scale`.
  HwmonPowerMeter(DomainInfo info, const std::vector<fs::path>& files, double scale, Clock& clock)
      : info_(std::move(info)), scale_(scale), clock_(&clock) {
    for (const fs::path& file : files) files_.emplace_back(file);
    if (!read().joules)
      throw Error({.what = "cannot read the power sensor", .where = events_.last_error});
  }
  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override {
    EnergySample sample;
    double watts = scale_;
    sample.before = clock_->now();
    for (NumberFile& file : files_) {
      const auto value = file.read();
      if (!value) {
        sample.after = clock_->now();
        ++events_.failed_reads;
        events_.last_error = file.problem();
        return sample;
      }
      watts *= static_cast<double>(*value);
    }
    sample.after = clock_->now();
    if (last_watts_) {
      total_ += Watts{(*last_watts_ + watts) / 2} * Seconds(sample.before - last_time_);
    }
    last_watts_ = watts;
    last_time_ = sample.before;
    sample.joules = total_;
    return sample;
  }
  std::optional<SideReading> read_telemetry() override {
    if (!last_watts_) return std::nullopt;
    return SideReading{.time = last_time_, .watts = Watts{*last_watts_}};
  }
  CounterTraits traits() const override {
    return {.period = Seconds(0.1), .has_ticks = false, .longest_gap = Seconds(0.05)};
  }
  CounterEvents events() const override { return events_; }

 private:
  DomainInfo info_;
  std::vector<NumberFile> files_;
  double scale_;
  Clock* clock_;
  Joules total_{};
  std::optional<double> last_watts_;
  SteadyTime last_time_{};
  CounterEvents events_;
};

struct Role {
  DomainKind kind;
  std::string name;
};

/// "Grace Power Socket 1" is all of a socket's module, "CPU Power Socket 1" its processor.
std::optional<Role> power_meter_role(const std::string& label) {
  for (const auto& [start, kind, name] :
       {std::tuple{"Grace Power Socket ", DomainKind::wall, "wall-"},
        {"Module Power Socket ", DomainKind::wall, "wall-"},
        {"CPU Power Socket ", DomainKind::cpu_package, "cpu-package-"}}) {
    if (label.starts_with(start)) return Role{kind, name + label.substr(std::string(start).size())};
  }
  return std::nullopt;
}

std::optional<Role> ina3221_role(const std::string& label) {
  if (label == "VDD_IN") return Role{DomainKind::wall, "wall"};
  if (label == "VDD_CPU_CV" || label == "VDD_CPU_GPU_CV")
    return Role{DomainKind::cpu_package, "cpu-package-0"};
  if (label == "VDD_GPU_SOC" || label == "VDD_GPU") return Role{DomainKind::gpu, "gpu-0"};
  return std::nullopt;
}

}  // namespace

std::vector<std::unique_ptr<EnergyMeter>> open_hwmon_meters(const fs::path& sysfs,
                                                            bool has_packages, bool has_gpus,
                                                            Clock& clock,
                                                            std::vector<MissingSource>& missing) {
  std::vector<fs::path> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(sysfs / "class/hwmon", none))
    folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());

  std::vector<std::unique_ptr<EnergyMeter>> meters;
  int gpus = 0;
  const auto info_of = [&](const Role& role, const fs::path& folder, const std::string& sensor,
                           EnergyClass energy_class) {
    const bool is_known = (role.kind == DomainKind::cpu_package && has_packages) ||
                          (role.kind == DomainKind::gpu && has_gpus);
    return DomainInfo{
        .name = role.name,
        .kind = role.kind,
        .source = "hwmon:" + folder.filename().string() + "/" + sensor,
        .energy_class = energy_class,
        .in_total =
            (role.kind == DomainKind::cpu_package || role.kind == DomainKind::gpu) && !is_known};
  };
  const auto try_open = [&](const fs::path& folder, const std::string& sensor, auto open) {
    try {
      meters.push_back(open());
      return true;
    } catch (const Error& error) {
      missing.push_back({"hwmon:" + folder.filename().string() + "/" + sensor, error.parts().where,
                         fmt::format("sudo chmod a+r {}", (folder / sensor).string())});
      return false;
    }
  };
  const auto open_energy = [&](const Role& role, const fs::path& folder,
                               const std::string& sensor) {
    return try_open(folder, sensor, [&] {
      return std::make_unique<HwmonEnergyMeter>(
          info_of(role, folder, sensor, EnergyClass::measured), folder / sensor, clock);
    });
  };
  const auto open_power = [&](const Role& role, const fs::path& folder,
                              const std::vector<std::string>& sensors, double scale) {
    return try_open(folder, sensors.front(), [&] {
      std::vector<fs::path> files;
      for (const std::string& sensor : sensors) files.push_back(folder / sensor);
      return std::make_unique<HwmonPowerMeter>(
          info_of(role, folder, sensors.front(), EnergyClass::derived), files, scale, clock);
    });
  };
  for (const fs::path& folder : folders) {
    const std::string driver = read_line(folder / "name").value_or("");
    const auto exists = [&](const std::string& file) { return fs::exists(folder / file, none); };
    if (driver == "amdgpu" || driver == "i915" || driver == "xe") {
      const Role role{DomainKind::gpu, fmt::format("gpu-{}", gpus)};
      std::string sensor;
      for (const char* name :
           {"energy1_input", "energy2_input", "power1_average", "power1_input"}) {
        if (sensor.empty() && exists(name)) sensor = name;
      }
      if (sensor.empty()) continue;
      ++gpus;
      if (sensor.starts_with("energy")) {
        open_energy(role, folder, sensor);
      } else {
        open_power(role, folder, {sensor}, 1e-6);
      }
    } else if (driver == "power_meter" || driver == "acpi_power_meter") {
      const auto label = read_line(folder / "device/power1_oem_info")
                             .value_or(read_line(folder / "power1_oem_info").value_or(""));
      const auto role = power_meter_role(label);
      const std::string sensor =
          exists("power1_average") ? "power1_average" : "device/power1_average";
      if (exists(sensor))
        open_power(role.value_or(Role{DomainKind::wall, "wall"}), folder, {sensor}, 1e-6);
    } else if (driver == "ina3221") {
      for (int channel = 1; channel <= 3; ++channel) {
        const auto role =
            ina3221_role(read_line(folder / fmt::format("in{}_label", channel)).value_or(""));
        if (!role) continue;
        // Millivolts times milliamperes are microwatts.
        open_power(*role, folder,
                   {fmt::format("in{}_input", channel), fmt::format("curr{}_input", channel)},
                   1e-6);
      }
    }
  }
  return meters;
}

}  // namespace joulebench
