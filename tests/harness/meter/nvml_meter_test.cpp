#include "harness/meter/nvml_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/file.h"
#include "harness/meter/energy_monitor.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

/// Boards of the shared library fake_nvml, set up by a file. Its counter follows the real clock.
struct NvmlMeters : testing::Test {
  NvmlMeters() : folder("nvml") { ::setenv("FAKE_NVML", (folder.path() / "settings").c_str(), 1); }
  void set(const std::string& lines) { std::ofstream(folder.path() / "settings") << lines; }
  std::vector<std::unique_ptr<EnergyMeter>> open() {
    return open_nvml_meters(FAKE_NVML_LIBRARY, true, clock, missing);
  }
  EnergyMonitor watch() { return EnergyMonitor(open(), clock, {.background = false}); }

  TemporaryFolder folder;
  SystemClock clock;
  std::vector<MissingSource> missing;
};

TEST_F(NvmlMeters, TheCounterIsMeasuredBetweenItsUpdates) {
  set("watts=200\n");
  EnergyMonitor monitor = watch();
  monitor.begin_window();
  monitor.sample();
  clock.sleep_until(clock.now() + std::chrono::milliseconds(230));
  const WindowEnergy window = monitor.end_window();
  const DomainEnergy& gpu = window.domains.at(0);
  EXPECT_EQ(gpu.domain.name, "gpu-0");
  EXPECT_EQ(gpu.domain.source, "nvml:GPU-fake");
  EXPECT_EQ(gpu.domain.energy_class, EnergyClass::measured);
  EXPECT_NEAR(gpu.joules->value, 200 * window.wall().count(), 3 * gpu.error.value);
  const EnergyTrace trace = monitor.take_trace();
  ASSERT_FALSE(trace.readings.empty());
  EXPECT_EQ(trace.readings[0].celsius, 55);
  EXPECT_DOUBLE_EQ(trace.readings[0].watts->value, 200);
}

TEST_F(NvmlMeters, PowerAloneIsIntegratedAndDerived) {
  set("watts=200\ncounter=0\n");
  EnergyMonitor monitor = watch();
  monitor.begin_window();
  clock.sleep_until(clock.now() + std::chrono::milliseconds(50));
  const WindowEnergy window = monitor.end_window();
  EXPECT_EQ(window.domains.at(0).domain.energy_class, EnergyClass::derived);
  EXPECT_NEAR(window.domains[0].joules->value, 200 * window.wall().count(), 1);
}

TEST_F(NvmlMeters, SeveralBoardsAreSeveralDomains) {
  set("boards=2\n");
  const auto meters = open();
  ASSERT_EQ(meters.size(), 2u);
  EXPECT_EQ(meters[1]->domain().name, "gpu-1");
}

TEST_F(NvmlMeters, APartitionedBoardIsRefused) {
  set("mig=1\n");
  EXPECT_TRUE(open().empty());
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].reason, "the board is partitioned (MIG): its counter is that of all parts");
  EXPECT_EQ(missing[0].remedy, "sudo nvidia-smi -i 0 -mig 0");
}

TEST_F(NvmlMeters, ABoardInForeignUseIsRefusedAndOneInOurUseIsNot) {
  set("foreign=1\n");
  EXPECT_TRUE(open().empty());
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].reason, "process 1 uses the board: its energy cannot be told from ours");
  set("foreign=" + std::to_string(::getpid()) + "\n");
  EXPECT_EQ(open().size(), 1u);
}

TEST_F(NvmlMeters, AForeignProcessDuringTheWindowMakesItSuspect) {
  set("");
  EnergyMonitor monitor = watch();
  monitor.begin_window();
  set("foreign=1\n");
  monitor.sample();
  const WindowEnergy window = monitor.end_window();
  EXPECT_EQ(window.domains.at(0).domain.energy_class, EnergyClass::suspect);
  EXPECT_EQ(window.domains[0].flags.at(0).name, "foreign-process");
}

TEST_F(NvmlMeters, ALostBoardVoidsTheWindow) {
  set("");
  EnergyMonitor monitor = watch();
  monitor.begin_window();
  set("lost=1\n");
  const WindowEnergy window = monitor.end_window();
  EXPECT_TRUE(window.is_void);
  EXPECT_THAT(window.flags.at(0).detail, HasSubstr("GPU is lost"));
}

TEST_F(NvmlMeters, AMissingLibraryIsToldOnlyWhenAskedFor) {
  EXPECT_TRUE(open_nvml_meters("libno-such.so", false, clock, missing).empty());
  EXPECT_TRUE(missing.empty());
  EXPECT_TRUE(open_nvml_meters("libno-such.so", true, clock, missing).empty());
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_THAT(missing[0].reason, HasSubstr("libno-such.so"));
}

}  // namespace
}  // namespace joulebench
