#include "harness/meter/open_meters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/fake_clock.h"
#include "tests/support/sysfs_tree.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kFullRange = 262143328850;

std::vector<std::string> names_of(const OpenedMeters& opened) {
  std::vector<std::string> names;
  for (const auto& meter : opened.meters) names.push_back(meter->domain().name);
  return names;
}

struct OpenMeters : testing::Test {
  OpenedMeters open(std::vector<std::string> names) {
    return open_meters({.names = std::move(names), .sysfs = sysfs.root()}, clock);
  }
  SysfsTree sysfs;
  FakeClock clock;
};

TEST_F(OpenMeters, TheTotalIsPackagesAndDram) {
  sysfs.powercap("intel-rapl:0", "package-0", kFullRange, 0);
  sysfs.powercap("intel-rapl:0:0", "core", kFullRange, 0);
  sysfs.powercap("intel-rapl:0:1", "dram", kFullRange, 0);
  sysfs.powercap("intel-rapl:1", "package-1", kFullRange, 0);
  sysfs.powercap("intel-rapl:2", "psys", kFullRange, 0);
  sysfs.powercap("intel-rapl-mmio:0", "package-0", kFullRange, 0);
  const OpenedMeters opened = open({"auto"});
  EXPECT_THAT(names_of(opened),
              ElementsAre("cpu-package-0", "cpu-package-1", "dram-0", "core-0", "psys"));
  EXPECT_EQ(opened.total_formula, "cpu-package-0 + cpu-package-1 + dram-0");
  EXPECT_TRUE(opened.missing.empty());
}

TEST_F(OpenMeters, DiesThatRepeatOneCounterCountOnce) {
  sysfs.powercap("intel-rapl:0", "package-0-die-0", kFullRange, 6103500);
  sysfs.powercap("intel-rapl:1", "package-0-die-1", kFullRange, 6103500);
  sysfs.powercap("intel-rapl:2", "package-1-die-0", kFullRange, 6103500);
  EXPECT_EQ(open({"rapl"}).total_formula, "cpu-package-0-die-0 + cpu-package-1-die-0");
}

TEST_F(OpenMeters, DiesWithCountersOfTheirOwnAreAdded) {
  sysfs.powercap("intel-rapl:0", "package-0-die-0", kFullRange, 6103500);
  sysfs.powercap("intel-rapl:1", "package-0-die-1", kFullRange, 7507305);
  EXPECT_EQ(open({"rapl"}).total_formula, "cpu-package-0-die-0 + cpu-package-0-die-1");
}

TEST_F(OpenMeters, AWrapAddsRangePlusOneUnit) {
  // The register had 10 counts left to its last value and shows 5 now: 10 + 1 + 5 counts of 2^-14
  // J.
  sysfs.powercap("intel-rapl:0", "package-0", kFullRange, (4294967295ull - 10) * 61035 / 1000);
  OpenedMeters opened = open({"powercap"});
  sysfs.energy("intel-rapl:0", 5 * 61035 / 1000);
  clock.advance(Seconds(1));
  EXPECT_DOUBLE_EQ(opened.meters.front()->read().joules->value, 16.0 / 16384);
}

TEST_F(OpenMeters, ARangeOfNoKnownUnitWrapsAtItselfPlusTheUsualUnit) {
  sysfs.powercap("intel-rapl:0", "package-0", 1000000, 900000);
  OpenedMeters opened = open({"powercap"});
  sysfs.energy("intel-rapl:0", 200000);
  clock.advance(Seconds(1));
  EXPECT_NEAR(opened.meters.front()->read().joules->value, 0.3 + 61.035e-6, 1e-12);
}

TEST_F(OpenMeters, AReadingThatTheUnitCannotShowIsTakenAsItStands) {
  sysfs.powercap("intel-rapl:0", "package-0", kFullRange, 0);
  OpenedMeters opened = open({"powercap"});
  clock.advance(Seconds(1));
  sysfs.energy("intel-rapl:0", 122);  // 2 counts of 2^-14 J
  EXPECT_DOUBLE_EQ(opened.meters.front()->read().joules->value, 2.0 / 16384);
  clock.advance(Seconds(1));
  sysfs.energy("intel-rapl:0", 1000122);  // no whole number of counts
  EXPECT_NEAR(opened.meters.front()->read().joules->value, 1 + 2.0 / 16384, 1e-12);
}

TEST_F(OpenMeters, AFailedReadIsAGapAndTheNextGoesOn) {
  sysfs.powercap("intel-rapl:0", "package-0", kFullRange, 0);
  OpenedMeters opened = open({"powercap"});
  EnergyMeter& meter = *opened.meters.front();
  sysfs.write("class/powercap/intel-rapl:0/energy_uj", "");
  EXPECT_FALSE(meter.read().joules);
  EXPECT_EQ(meter.events().failed_reads, 1u);
  EXPECT_THAT(meter.events().last_error, HasSubstr("intel-rapl:0/energy_uj: "));
  clock.advance(Seconds(1));
  sysfs.energy("intel-rapl:0", 61035);  // 1,000 counts
  EXPECT_DOUBLE_EQ(meter.read().joules->value, 1000.0 / 16384);
}

TEST_F(OpenMeters, WhatCannotBeReadBesideOthersKeepsItsPlaceInTheTotal) {
  sysfs.powercap("intel-rapl:0", "package-0", kFullRange, 0);
  sysfs.powercap("intel-rapl:0:0", "dram", kFullRange, 0);
  sysfs.write("class/powercap/intel-rapl:0:0/energy_uj", "");
  const OpenedMeters opened = open({"powercap"});
  EXPECT_EQ(opened.total_formula, "cpu-package-0 + dram-0");
  EXPECT_EQ(opened.meters.back()->domain().energy_class, EnergyClass::unavailable);
  EXPECT_EQ(opened.missing.at(0).source, "powercap:intel-rapl:0:0");
}

TEST_F(OpenMeters, NothingThereIsSaidWithARemedy) {
  const OpenedMeters opened = open({"rapl"});
  EXPECT_TRUE(opened.meters.empty());
  EXPECT_EQ(opened.total_formula, "");
  ASSERT_EQ(opened.missing.size(), 1u);
  EXPECT_EQ(opened.missing[0].reason, "no RAPL counter below " + sysfs.root().string());
  EXPECT_THAT(opened.missing[0].remedy, HasSubstr("--meters model"));
}

TEST_F(OpenMeters, TheModelIsOpenedOnlyWhenNamed) {
  EXPECT_TRUE(open({"auto"}).meters.empty());
  Seconds used{0};
  OpenedMeters opened = open_meters(
      {.names = {"model:15"}, .sysfs = sysfs.root(), .cpu_time = [&used] { return used; }}, clock);
  EXPECT_EQ(opened.total_formula, "model (CPU seconds x 15 W)");
  EXPECT_EQ(opened.meters.front()->domain().energy_class, EnergyClass::modelled);
  used = Seconds{2};
  EXPECT_DOUBLE_EQ(opened.meters.front()->read().joules->value, 30);
  used = Seconds{1};  // another process, which used one second so far
  EXPECT_DOUBLE_EQ(opened.meters.front()->read().joules->value, 45);
}

TEST_F(OpenMeters, AnUnknownNameIsRefusedWithTheNearest) {
  try {
    open({"pwercap"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().where, "--meters pwercap: there is no such meter");
    EXPECT_EQ(error.parts().hint, "did you mean powercap?");
  }
  EXPECT_THROW(open({"model:many"}), Error);
  EXPECT_THROW(open({"model:-3"}), Error);
}

}  // namespace
}  // namespace joulebench
