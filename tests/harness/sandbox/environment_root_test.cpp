#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "core/file.h"
#include "harness/sandbox/gpu_grants.h"
#include "harness/sandbox/sandbox.h"
#include "support/error_text.h"
#include "support/tiny_root.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A sandbox whose root is not this machine's.
class EnvironmentRoot : public testing::Test {
 protected:
  EnvironmentRoot() {
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::create_directory(root());
    make_tiny_root(root(), {"sh", "ls", "cat"});
  }
  fs::path root() const { return folder_.path() / "root"; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root() / name).parent_path());
    write_file_atomically(root() / name, text);
    fs::permissions(root() / name, fs::perms(0644));
  }
  SandboxSpec shell(const std::string& script) const {
    SandboxSpec spec;
    spec.command = {"sh", "-c", script};
    spec.root = root();
    spec.working_folder = "/";
    return spec;
  }
  /// What a script prints; what it says on stderr stands behind it.
  std::string said_by(const std::string& script) const {
    Sandbox sandbox(shell(script));
    sandbox.close_input();
    std::string text;
    char buffer[4096];
    for (pollfd waiting{sandbox.from_program(), POLLIN, 0}; ::poll(&waiting, 1, 100'000) > 0;) {
      const ssize_t got = ::read(sandbox.from_program(), buffer, sizeof buffer);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    sandbox.wait(Seconds(100));
    return text + sandbox.log_tail();
  }

  TemporaryFolder folder_{"environment-root"};
};

TEST_F(EnvironmentRoot, HiddenFilesOfItCannotBeOpened) {
  write("usr/share/labels", "5\n");
  write("usr/share/other", "6\n");
  SandboxSpec spec = shell("cat /usr/share/labels /usr/share/other");
  spec.hidden = {root() / "usr/share/labels", "/usr/bin/env"};  // the latter is not shown at all
  Sandbox sandbox(std::move(spec));
  sandbox.close_input();
  sandbox.wait(Seconds(100));
  char buffer[64];
  EXPECT_EQ(::read(sandbox.from_program(), buffer, sizeof buffer), 2);
  EXPECT_EQ(buffer[0], '6');
}

TEST_F(EnvironmentRoot, IsAllThatThereIs) {
  write("etc/os-release", "an environment\n");
  write("etc/passwd", "somebody:x:7:7::/:/bin/sh\n");
  write("file", "a file at the top\n");
  fs::create_symlink("bin", root() / "programs");
  EXPECT_EQ(said_by("ls / | cat; ls /etc /jb; cat /file /etc/os-release; ls -d /usr/bin"),
            "bin\ndev\netc\nfile\njb\nlib\nlib64\nproc\nprograms\ntmp\n"
            "/etc:\nos-release\npasswd\n\n/jb:\nout\n"
            "a file at the top\nan environment\n"
            "ls: cannot access '/usr/bin': No such file or directory\n");
  EXPECT_EQ(said_by("cat /etc/passwd; cat /etc/group"),
            "root:x:0:0::/:/bin/false\nentry:x:1000:1000::/tmp:/bin/false\n"
            "cat: /etc/group: No such file or directory\n");
}

TEST_F(EnvironmentRoot, StaysAsItIs) {
  write("var/lib/state", "before");
  said_by(
      "echo x > /new; echo x > /var/lib/state; echo x > /bin/sh; echo x > /var/lib/new;"
      "chmod 777 /var/lib; rm /var/lib/state");
  EXPECT_EQ(read_text_file(root() / "var/lib/state"), "before");
  EXPECT_FALSE(fs::exists(root() / "new"));
  EXPECT_FALSE(fs::exists(root() / "var/lib/new"));
  EXPECT_FALSE(fs::exists(root() / "jb")) << "what a sandbox adds is not added to the environment";
}

TEST_F(EnvironmentRoot, DoesNotBringItsOwnInputsDevicesOrProcesses) {
  write("jb/in/inputs.npy", "prepared");
  write("tmp/old", "prepared");
  write("proc/version", "prepared");
  write("dev/null", "prepared");
  write("sys/firmware", "prepared");
  EXPECT_EQ(said_by("ls /jb /tmp; cat /dev/null; ls -d /sys"),
            "/jb:\nout\n\n/tmp:\nls: cannot access '/sys': No such file or directory\n");
}

TEST_F(EnvironmentRoot, ItsLinksLeadNowhereOutside) {
  fs::create_symlink("/../../oldroot/etc", root() / "etc");
  fs::create_symlink("/", root() / "all");
  fs::create_directory(root() / "data");
  fs::create_symlink("../../../../../../etc/hostname", root() / "data/host");
  EXPECT_THAT(said_by("cat /etc/passwd"), HasSubstr("No such file"));
  EXPECT_THAT(said_by("cat /data/host"), HasSubstr("No such file"));
  EXPECT_THAT(said_by("ls /all/usr"), HasSubstr("No such file"));
}

TEST_F(EnvironmentRoot, AMadeUpFileIsNotMountedOverALink) {
  write("elsewhere", "of the environment\n");
  fs::create_directory(root() / "etc");
  fs::create_symlink("/elsewhere", root() / "etc/passwd");
  EXPECT_EQ(said_by("cat /etc/passwd"), "of the environment\n");
}

TEST_F(EnvironmentRoot, HasItsOwnProgramsFirst) {
  EXPECT_EQ(said_by("echo $PATH"), "/usr/local/bin:/usr/bin:/bin\n");
}

TEST(GpuDriver, IsAListOfLibrariesOfTheFirstFolderThatHasCuda) {
  const TemporaryFolder folder("gpu-driver");
  const fs::path empty = folder.path() / "empty";
  const fs::path driver = folder.path() / "driver";
  fs::create_directories(empty);
  fs::create_directories(driver);
  const DriverPlaces places{.container_devices = {}, .libraries = {empty, driver}};
  EXPECT_TRUE(gpu_driver_libraries(places).empty());
  for (const char* name :
       {"libcuda.so.550.1", "libnvidia-ml.so.550.1", "libGLX.so.0", "libc.so.6"}) {
    write_file_atomically(driver / name, "");
  }
  fs::create_symlink("libcuda.so.550.1", driver / "libcuda.so.1");
  fs::create_symlink("nowhere", driver / "libnvidia-nvvm.so.4");
  std::vector<std::string> found;
  for (const DriverLibrary& one : gpu_driver_libraries(places)) {
    found.push_back(one.name + " " + one.file.filename().string());
  }
  EXPECT_THAT(found, testing::ElementsAre("libcuda.so.1 libcuda.so.550.1",
                                          "libcuda.so.550.1 libcuda.so.550.1",
                                          "libnvidia-ml.so.550.1 libnvidia-ml.so.550.1"));
}

class ContainerDevices : public testing::Test {
 protected:
  ContainerDevices() {
    for (const fs::path& one : {driver_, low_, high_}) fs::create_directories(one);
    for (const char* name : {"libcuda.so.550.1", "libnvidia-opencl.so.550.1", "libother.so.1"}) {
      write_file_atomically(driver_ / name, "");
    }
    fs::create_symlink("libcuda.so.550.1", driver_ / "libcuda.so.1");
    write_file_atomically(folder_.path() / "nvidia-smi", "");
  }
  std::string mount(const fs::path& host) const {
    return "      - hostPath: " + host.string() + "\n        containerPath: " + host.string() +
           "\n";
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const DriverLibrary& one :
         gpu_driver_libraries({.container_devices = {low_, high_}, .libraries = {driver_}})) {
      found.push_back(one.name);
    }
    return found;
  }
  TemporaryFolder folder_{"container-devices"};
  fs::path driver_ = folder_.path() / "driver", low_ = folder_.path() / "etc",
           high_ = folder_.path() / "run";
};

TEST_F(ContainerDevices, SayWhichLibrariesOfTheDriverAreShown) {
  write_file_atomically(high_ / "other.yaml", "kind: other.com/net\n");
  write_file_atomically(low_ / "nvidia.yaml",
                        "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ncontainerEdits:\n    mounts:\n" +
                            mount(driver_ / "libcuda.so.550.1") +
                            mount(folder_.path() / "nvidia-smi") +
                            "devices:\n- name: all\n  containerEdits:\n    mounts:\n" +
                            mount(driver_ / "libnvidia-opencl.so.550.1"));
  EXPECT_THAT(names(), testing::ElementsAre("libcuda.so.1", "libcuda.so.550.1",
                                            "libnvidia-opencl.so.550.1"));
  // JSON is YAML; what lies in /var/run counts before what lies in /etc.
  write_file_atomically(
      high_ / "nvidia.json",
      R"({"kind": "nvidia.com/gpu", "containerEdits": {"mounts": [{"hostPath": ")" +
          (driver_ / "libother.so.1").string() + R"("}]}})");
  EXPECT_THAT(names(), testing::ElementsAre("libother.so.1"));
  // Both lists may be absent.
  write_file_atomically(high_ / "nvidia.json", R"({"kind": "nvidia.com/gpu"})");
  EXPECT_THAT(names(), testing::ElementsAre("libcuda.so.1", "libcuda.so.550.1"))
      << "of our list, since no file names any";
}

TEST_F(ContainerDevices, ThatCannotBeBelievedAreAnErrorWithTheirName) {
  write_file_atomically(low_ / "nvidia.yaml", "kind: [");
  EXPECT_THAT(error_text([&] { names(); }),
              AllOf(HasSubstr("cannot be read"), HasSubstr("nvidia.yaml"),
                    HasSubstr("nvidia-ctk cdi generate")));
  write_file_atomically(
      low_ / "nvidia.yaml",
      "kind: nvidia.com/gpu\ncontainerEdits:\n    mounts:\n" + mount(driver_ / "libgone.so.1"));
  EXPECT_THAT(error_text([&] { names(); }), HasSubstr("libgone.so.1"));
  write_file_atomically(low_ / "nvidia.yaml",
                        "kind: nvidia.com/gpu\ncontainerEdits:\n    mounts:\n      - text\n");
  EXPECT_THAT(error_text([&] { names(); }), HasSubstr("cannot be read"));
}

TEST_F(EnvironmentRoot, ThatIsNotThereIsAnError) {
  SandboxSpec spec = shell("true");
  spec.root = folder_.path() / "gone";
  EXPECT_THAT(error_text([&] { Sandbox sandbox(spec); }), HasSubstr("gone"));
}

}  // namespace
}  // namespace joulebench
