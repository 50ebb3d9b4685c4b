#include "harness/block/gpu_names.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/file.h"
#include "harness/block/node_state.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class GpuNames : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_.path() / path).parent_path());
    std::ofstream(folder_.path() / path) << text;
  }
  void add_card(const std::string& name, const std::string& driver) {
    const fs::path device = folder_.path() / "sys/class/drm" / name / "device";
    fs::create_directories(device);
    fs::create_symlink("../../../bus/pci/drivers/" + driver, device / "driver");
  }
  fs::path sysfs() const { return folder_.path() / "sys"; }
  fs::path proc() const { return folder_.path() / "proc"; }
  Names names() const { return gpu_names(sysfs(), proc()); }
  TemporaryFolder folder_{"gpus"};
};

TEST_F(GpuNames, AMachineWithoutOneHasNone) {
  EXPECT_EQ(names(), Names{});
}

TEST_F(GpuNames, NvidiaBoardsHaveTheirModelAndTheDriversVersion) {
  write("proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
        "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n");
  write("proc/driver/nvidia/gpus/0000:01:00.0/information",
        "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 42\nGPU UUID: \t GPU-1\n");
  write("proc/driver/nvidia/gpus/0000:21:00.0/information", "Model: \t\t NVIDIA L4\n");
  EXPECT_EQ(names(),
            (Names{"NVIDIA H100 80GB HBM3, driver 535.104.05", "NVIDIA L4, driver 535.104.05"}));
  EXPECT_EQ(gpu_ids(proc()), Names{"GPU-1"});
}

TEST_F(GpuNames, ABoardThatTheDriverDoesNotKnowYetHasNoId) {
  write("proc/driver/nvidia/gpus/0000:01:00.0/information",
        "Model: \t\t NVIDIA L4\nGPU UUID: \t GPU-" + std::string(36, '?') + "\n");
  EXPECT_EQ(gpu_ids(proc()), Names{});
}

TEST_F(GpuNames, TheOpenDriversVersionIsReadToo) {
  write("proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\n");
  write("proc/driver/nvidia/gpus/0000:01:00.0/information", "");
  EXPECT_EQ(names(), Names{"NVIDIA GPU, driver 550.54.15"});
}

TEST_F(GpuNames, OtherBoardsHaveTheirProductNameOrTheirPciNumbers) {
  add_card("card0", "amdgpu");
  write("sys/class/drm/card0/device/product_name", "AMD Instinct MI210\n");
  write("sys/module/amdgpu/version", "6.3.6\n");
  add_card("card1", "xe");
  write("sys/class/drm/card1/device/vendor", "0x8086\n");
  write("sys/class/drm/card1/device/device", "0x56a0\n");
  add_card("card2", "virtio-pci");  // a virtual machine's screen
  add_card("card0-HDMI-A-1", "amdgpu");
  EXPECT_EQ(names(), (Names{"AMD Instinct MI210, driver 6.3.6", "xe GPU 8086:56a0"}));
}

TEST_F(GpuNames, AreAPartOfTheNodesState) {
  write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA L4\n");
  EXPECT_EQ(read_node_state(sysfs(), proc()).gpus, Names{"NVIDIA L4"});
}

}  // namespace
}  // namespace joulebench
