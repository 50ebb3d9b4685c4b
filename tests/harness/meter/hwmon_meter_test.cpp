#include "harness/meter/hwmon_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/sysfs_tree.h"

namespace joulebench {
namespace {

using testing::ElementsAre;

struct Hwmon : testing::Test {
  std::vector<std::string> open(bool has_packages = false) {
    meters = open_hwmon_meters(sysfs.root(), has_packages, false, clock, missing);
    std::vector<std::string> names;
    for (const auto& meter : meters) {
      const DomainInfo& domain = meter->domain();
      names.push_back(domain.name + " " + domain.source + " " + to_string(domain.energy_class) +
                      (domain.in_total ? " +" : ""));
    }
    return names;
  }
  double joules_of_next_second(std::size_t index) {
    const double before = meters.at(index)->read().joules->value;
    clock.advance(Seconds(1));
    return meters[index]->read().joules->value - before;
  }
  SysfsTree sysfs;
  FakeClock clock;
  std::vector<std::unique_ptr<EnergyMeter>> meters;
  std::vector<MissingSource> missing;
};

TEST_F(Hwmon, AnEnergyCounterIsMeasured) {
  sysfs.write("class/hwmon/hwmon3/name", "i915");
  sysfs.write("class/hwmon/hwmon3/energy1_input", "1000000");
  EXPECT_THAT(open(), ElementsAre("gpu-0 hwmon:hwmon3/energy1_input measured +"));
  sysfs.write("class/hwmon/hwmon3/energy1_input", "3500000");
  clock.advance(Seconds(1));
  EXPECT_DOUBLE_EQ(meters[0]->read().joules->value, 2.5);
}

TEST_F(Hwmon, PowerIsIntegratedAndDerived) {
  sysfs.write("class/hwmon/hwmon0/name", "amdgpu");
  sysfs.write("class/hwmon/hwmon0/power1_average", "35000000");
  EXPECT_THAT(open(), ElementsAre("gpu-0 hwmon:hwmon0/power1_average derived +"));
  EXPECT_DOUBLE_EQ(joules_of_next_second(0), 35);
}

TEST_F(Hwmon, JetsonsRailsAreVoltsTimesAmperes) {
  const std::string folder = "class/hwmon/hwmon1/";
  sysfs.write(folder + "name", "ina3221");
  sysfs.write(folder + "in1_label", "VDD_IN");
  sysfs.write(folder + "in1_input", "5000");
  sysfs.write(folder + "curr1_input", "1200");
  sysfs.write(folder + "in2_label", "VDD_CPU_CV");
  sysfs.write(folder + "in2_input", "5000");
  sysfs.write(folder + "curr2_input", "400");
  EXPECT_THAT(open(), ElementsAre("wall hwmon:hwmon1/in1_input derived",
                                  "cpu-package-0 hwmon:hwmon1/in2_input derived +"));
  EXPECT_DOUBLE_EQ(joules_of_next_second(0), 6);
  EXPECT_DOUBLE_EQ(joules_of_next_second(1), 2);
}

TEST_F(Hwmon, GracesMeterNamesItsSocket) {
  const std::string folder = "class/hwmon/hwmon2/";
  sysfs.write(folder + "name", "power_meter");
  sysfs.write(folder + "device/power1_oem_info", "CPU Power Socket 1");
  sysfs.write(folder + "power1_average", "120000000");
  EXPECT_THAT(open(), ElementsAre("cpu-package-1 hwmon:hwmon2/power1_average derived +"));
  // Where RAPL has the packages they are not counted twice.
  EXPECT_THAT(open(true), ElementsAre("cpu-package-1 hwmon:hwmon2/power1_average derived"));
}

TEST_F(Hwmon, OtherSensorsAreLeftAlone) {
  sysfs.write("class/hwmon/hwmon0/name", "coretemp");
  sysfs.write("class/hwmon/hwmon0/temp1_input", "45000");
  EXPECT_TRUE(open().empty());
  EXPECT_TRUE(missing.empty());
}

TEST_F(Hwmon, ASensorWithoutANumberIsMissingWithTheReason) {
  sysfs.write("class/hwmon/hwmon0/name", "xe");
  sysfs.write("class/hwmon/hwmon0/energy1_input", "");
  EXPECT_TRUE(open().empty());
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].source, "hwmon:hwmon0/energy1_input");
}

}  // namespace
}  // namespace joulebench
