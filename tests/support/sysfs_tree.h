#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/file.h"

namespace joulebench {

/// A temporary folder laid out as the kernel shows devices.
class SysfsTree {
 public:
  SysfsTree() : folder_("sysfs") {}
  std::filesystem::path root() const { return folder_.path(); }
  void write(const std::string& path, const std::string& content) const {
    const auto file = folder_.path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content << '\n';
  }
  /// A RAPL zone: powercap("intel-rapl:0", "package-0", 262143328850, 0).
  void powercap(const std::string& zone, const std::string& name, std::uint64_t range_uj,
                std::uint64_t energy_uj) const {
    const std::string folder = "class/powercap/" + zone + "/";
    write(folder + "name", name);
    write(folder + "max_energy_range_uj", std::to_string(range_uj));
    write(folder + "energy_uj", std::to_string(energy_uj));
  }
  void energy(const std::string& zone, std::uint64_t energy_uj) const {
    write("class/powercap/" + zone + "/energy_uj", std::to_string(energy_uj));
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace joulebench
