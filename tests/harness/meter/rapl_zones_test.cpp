#include "harness/meter/rapl_zones.h"

#include <gtest/gtest.h>

#include "tests/support/sysfs_tree.h"

namespace joulebench {
namespace {

constexpr std::uint64_t kZoneRange = 262143328850;

std::vector<std::string> names_of(const std::vector<PowercapZone>& zones) {
  std::vector<std::string> names;
  for (const PowercapZone& zone : zones)
    names.push_back(zone.source() + " " + zone.identity.domain_name());
  return names;
}

TEST(RaplZones, ReadsPackagesAndDiesFromNames) {
  EXPECT_EQ(package_identity("package-3")->domain_name(), "cpu-package-3");
  EXPECT_EQ(package_identity("package-1-die-2")->domain_name(), "cpu-package-1-die-2");
  EXPECT_FALSE(package_identity("package-"));
  EXPECT_FALSE(package_identity("package-0-die-"));
  EXPECT_FALSE(package_identity("package-0x"));
  EXPECT_FALSE(package_identity("dram"));
}

TEST(RaplZones, JoinsPartsToTheirPackageAndDropsTheTwin) {
  const SysfsTree sysfs;
  sysfs.powercap("intel-rapl:0", "package-1", kZoneRange, 1);
  sysfs.powercap("intel-rapl:0:0", "core", kZoneRange, 1);
  sysfs.powercap("intel-rapl:0:1", "dram", kZoneRange, 1);
  sysfs.powercap("intel-rapl:1", "package-0", kZoneRange, 1);
  sysfs.powercap("intel-rapl:1:0", "dram", kZoneRange, 1);
  sysfs.powercap("intel-rapl:2", "psys", kZoneRange, 1);
  sysfs.powercap("intel-rapl-mmio:0", "package-0", kZoneRange, 1);
  sysfs.write("class/powercap/intel-rapl/enabled", "1");
  EXPECT_EQ(names_of(find_powercap_zones(sysfs.root())),
            (std::vector<std::string>{
                "powercap:intel-rapl:0 cpu-package-1", "powercap:intel-rapl:0:0 core-1",
                "powercap:intel-rapl:0:1 dram-1", "powercap:intel-rapl:1 cpu-package-0",
                "powercap:intel-rapl:1:0 dram-0", "powercap:intel-rapl:2 psys"}));
}

TEST(RaplZones, KeepsTheMmioZoneWhenItIsTheOnlyOne) {
  const SysfsTree sysfs;
  sysfs.powercap("intel-rapl-mmio:0", "package-0", kZoneRange, 1);
  EXPECT_EQ(names_of(find_powercap_zones(sysfs.root())),
            (std::vector<std::string>{"powercap:intel-rapl-mmio:0 cpu-package-0"}));
}

TEST(RaplZones, ReadsTheHighestLimit) {
  const SysfsTree sysfs;
  sysfs.powercap("intel-rapl:0", "package-0", kZoneRange, 1);
  sysfs.write("class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "15000000");
  sysfs.write("class/powercap/intel-rapl:0/constraint_1_power_limit_uw", "51000000");
  EXPECT_DOUBLE_EQ(find_powercap_zones(sysfs.root()).front().highest_limit->value, 51);
}

TEST(RaplZones, FindsPerfEventsOncePerPackageAndPsysOnce) {
  const SysfsTree sysfs;
  const std::string pmu = "bus/event_source/devices/power/";
  sysfs.write(pmu + "type", "23");
  sysfs.write(pmu + "cpumask", "0,18");
  for (const auto& [name, config] :
       {std::pair{"energy-pkg", "0x02"}, std::pair{"energy-ram", "0x03"},
        std::pair{"energy-psys", "0x05"}}) {
    sysfs.write(pmu + "events/" + name, std::string("event=") + config);
    sysfs.write(pmu + "events/" + name + ".scale", "2.3283064365386962890625e-10");
    sysfs.write(pmu + "events/" + name + ".unit", "Joules");
  }
  sysfs.write("devices/system/cpu/cpu0/topology/physical_package_id", "0");
  sysfs.write("devices/system/cpu/cpu18/topology/physical_package_id", "1");
  std::vector<std::string> found;
  for (const PerfEvent& event : find_perf_events(sysfs.root())) {
    EXPECT_EQ(event.type, 23u);
    EXPECT_DOUBLE_EQ(event.joules_per_count, 1.0 / 4294967296.0);
    found.push_back(event.identity.domain_name() + " " + std::to_string(event.config) + " " +
                    std::to_string(event.cpu));
  }
  EXPECT_EQ(found, (std::vector<std::string>{"cpu-package-0 2 0", "cpu-package-1 2 18",
                                             "dram-0 3 0", "dram-1 3 18", "psys 5 0"}));
}

TEST(PowercapUnit, TheFullRangeTellsTheUnit) {
  const auto unit = unit_of_range(kZoneRange);  // (2^32 - 1) * 61.035 uJ
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->shown_nj, 61035u);
  EXPECT_DOUBLE_EQ(unit->joules, 1.0 / 16384);
  EXPECT_EQ(unit_of_range(65532610987)->shown_nj, 15258u);  // (2^32 - 1) * 15.258 uJ
  EXPECT_EQ(unit_of_range(65712999613)->shown_nj, 15300u);  // the DRAM of some servers
}

TEST(PowercapUnit, UndoesTheKernelsRoundingExactly) {
  const PowercapUnit unit = *unit_of_range(kZoneRange);
  for (const std::uint64_t counts : {0ull, 1ull, 2ull, 16384ull, 123456789ull, 4294967295ull}) {
    EXPECT_EQ(unit.counts_of(unit.shown_uj(counts)), counts);
  }
  EXPECT_FALSE(unit.counts_of(62));  // 1 count shows as 61, 2 as 122
}

TEST(PowercapUnit, AShrunkRangeIsRecognisedWhenItIsAWholeNumberOfUnits) {
  EXPECT_EQ(unit_of_range(20000009)->shown_nj, 61035u);  // 327,681 counts
  EXPECT_FALSE(unit_of_range(1000000));
}

}  // namespace
}  // namespace joulebench
