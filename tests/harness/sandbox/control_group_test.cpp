#include "harness/sandbox/control_group.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "core/file.h"
#include "harness/sandbox/process_limits.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;

/// A folder laid out as the kernel shows control groups, with mountinfo and cgroup of a process.
class CgroupTree : public testing::Test {
 protected:
  CgroupTree() : folder_("cgroup") {}
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_.path() / path).parent_path());
    std::ofstream(folder_.path() / path) << text;
  }
  std::string root() const { return folder_.path().string(); }
  CgroupPlaces find() const { return find_cgroup_places(folder_.path() / "proc"); }
  TemporaryFolder folder_;
};

TEST(LastCpus, AreTheLastOnesOrThoseBeforeThemAroundTheEnd) {
  const std::vector<int> cpus = {0, 2, 4, 6};
  EXPECT_EQ(last_cpus(cpus, 1, 0), std::vector<int>({6}));
  EXPECT_EQ(last_cpus(cpus, 1, 1), std::vector<int>({4}));
  EXPECT_EQ(last_cpus(cpus, 2, 2), std::vector<int>({0, 2}));
  EXPECT_EQ(last_cpus(cpus, 2, 3), std::vector<int>({0, 6}));
  EXPECT_EQ(last_cpus(cpus, 1, 4), std::vector<int>({6}));
  EXPECT_EQ(last_cpus(cpus, 9, 1), cpus);
  EXPECT_TRUE(last_cpus({}, 1, 1).empty());
}

TEST_F(CgroupTree, FindsV1ControllersBelowOurOwnGroups) {
  write("proc/mountinfo", "30 1 0:1 / " + root() + "/memory rw - cgroup cgroup rw,memory\n" +
                              "31 1 0:2 /box " + root() +
                              "/cpu\\040acct rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n");
  write("proc/cgroup", "4:memory:/slice/job\n3:cpu,cpuacct:/box/inner\n");
  fs::create_directories(root() + "/memory/slice/job");
  fs::create_directories(root() + "/cpu acct/inner");
  const CgroupPlaces places = find();
  ASSERT_TRUE(places.controllers.contains("memory"));
  EXPECT_EQ(places.controllers.at("memory").parent, root() + "/memory/slice/job");
  EXPECT_FALSE(places.controllers.at("memory").is_v2);
  EXPECT_EQ(places.controllers.at("cpu-time").parent, root() + "/cpu acct/inner");
  EXPECT_EQ(places.missing.at("pids"), "no control group hierarchy here has this controller");
}

TEST_F(CgroupTree, SharesOutTheControllersOfADelegatedV2Group) {
  write("proc/mountinfo", "30 1 0:1 / " + root() + "/v2 rw - cgroup2 cgroup rw\n");
  write("proc/cgroup", "0::/user/scope\n");
  write("v2/user/scope/cgroup.controllers", "cpuset cpu io memory pids\n");
  write("v2/user/scope/cgroup.procs", "");
  // What the kernel would answer after our writes; a file keeps the text that it has where we
  // append nothing.
  write("v2/user/scope/cgroup.subtree_control", "cpuset cpu memory pids\n");
  const CgroupPlaces places = find();
  for (const char* name : {"memory", "pids", "cpuset", "cpu-time", "freeze"}) {
    ASSERT_TRUE(places.controllers.contains(name)) << name;
    EXPECT_TRUE(places.controllers.at(name).is_v2);
    EXPECT_EQ(places.controllers.at(name).parent, root() + "/v2/user/scope");
  }
}

TEST_F(CgroupTree, SaysWhoseGroupItIsWhenItIsNotDelegated) {
  if (::geteuid() == 0) GTEST_SKIP() << "to root every folder is open";
  write("proc/mountinfo", "30 1 0:1 / " + root() + "/v2 rw - cgroup2 cgroup rw\n");
  write("proc/cgroup", "0::/scope\n");
  write("v2/scope/cgroup.controllers", "memory pids\n");
  fs::permissions(root() + "/v2/scope", fs::perms(0555));
  EXPECT_EQ(find().missing.at("memory"),
            "the control group " + root() + "/v2/scope is not delegated to this user");
}

TEST_F(CgroupTree, IsEmptyWithoutAnyHierarchy) {
  write("proc/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda rw\n");
  write("proc/cgroup", "0::/\n");
  const CgroupPlaces places = find();
  EXPECT_TRUE(places.controllers.empty());
  EXPECT_EQ(places.missing.size(), 5u);
}

/// Whether the child has been killed by now; ends it in any case.
bool was_killed(pid_t child) {
  int status = 0;
  for (int i = 0; i < 200; ++i) {
    if (::waitpid(child, &status, WNOHANG) == child) return WIFSIGNALED(status);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return false;
}

TEST(ControlGroup, IsGoneWithAllThatIsInIt) {
  const CgroupPlaces& places = places_for_blocks();
  if (!places.controllers.contains("pids")) GTEST_SKIP() << places.missing.at("pids");
  std::vector<fs::path> folders;
  pid_t child = 0;
  {
    ControlGroup group(places, "joulebench-test-" + process_mark(),
                       {.memory_bytes = 64 << 20, .processes = 5, .cpus = 1});
    folders = group.folders();
    ASSERT_FALSE(folders.empty());
    for (const fs::path& folder : folders) EXPECT_TRUE(fs::exists(folder));
    child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    for (const fs::path& entrance : group.entrances()) std::ofstream(entrance) << child;
    fs::permissions(folders.front(), fs::perms(0));  // as a hostile delegate would
  }
  for (const fs::path& folder : folders) EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(was_killed(child));
}

TEST(ControlGroup, IsGoneWithAFrozenAndStrippedGroupInIt) {
  const CgroupPlaces& places = places_for_blocks();
  if (!places.controllers.contains("memory") || !places.controllers.at("memory").is_v2) {
    GTEST_SKIP() << "no cgroup v2 with controllers here";
  }
  fs::path folder;
  pid_t child = 0;
  {
    ControlGroup group(places, "joulebench-test-" + process_mark(),
                       {.memory_bytes = 64 << 20, .processes = 5, .cpus = 1});
    folder = group.folders().front();
    const fs::path inner = folder / "inner";
    fs::create_directory(inner);
    child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    std::ofstream(inner / "cgroup.procs") << child;
    std::ofstream(inner / "cgroup.freeze") << 1;
    fs::permissions(inner / "cgroup.procs", fs::perms(0));
    fs::permissions(inner, fs::perms(0));
  }
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(was_killed(child));
}

double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return -1;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void expect_that_freezing_works(const CgroupPlaces::Place& place) {
  const CgroupPlaces places{.controllers = {{"freeze", place}}, .missing = {}};
  pid_t child = 0;
  fs::path folder;
  {
    ControlGroup group(places, "joulebench-test-" + process_mark(), {});
    ASSERT_EQ(group.enforcement().at("freeze"), place.is_v2 ? "cgroup-v2" : "cgroup-v1");
    folder = group.folders().front();
    child = ::fork();
    if (child == 0) {
      for (;;) {
      }
    }
    std::ofstream(group.entrances().front()) << child;
    const auto wait_until_it_works = [child] {
      for (const double before = cpu_seconds(child); cpu_seconds(child) < before + 0.01;) {
      }
    };
    wait_until_it_works();
    EXPECT_TRUE(group.freeze());
    // The kernel counts a task as frozen some instructions before it leaves the processor; on an
    // emulated machine that can take milliseconds. Then it stands still, to the nanosecond.
    const auto work_a_while = [] {
      for (const double start = cpu_seconds(::getpid()); cpu_seconds(::getpid()) < start + 0.03;) {
      }
    };
    work_a_while();
    const double before = cpu_seconds(child);
    work_a_while();
    EXPECT_EQ(cpu_seconds(child), before);
    group.thaw();
    wait_until_it_works();
    EXPECT_TRUE(group.freeze());
  }
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(was_killed(child));
}

TEST(ControlGroup, FreezesInTheHierarchyThatBlocksUse) {
  const CgroupPlaces& places = places_for_blocks();
  if (!places.controllers.contains("freeze")) GTEST_SKIP() << places.missing.at("freeze");
  expect_that_freezing_works(places.controllers.at("freeze"));
}

TEST(ControlGroup, FreezesInV2WithoutControllersToo) {
  const fs::path mount = "/sys/fs/cgroup/unified";  // as systemd lays out a machine with both
  if (::access((mount / "cgroup.procs").c_str(), W_OK) != 0) {
    GTEST_SKIP() << "no writable " << mount;
  }
  expect_that_freezing_works({mount, true});
}

TEST(ControlGroup, SaysThatItCannotFreezeWhereNothingCan) {
  ControlGroup group({}, "joulebench-test-" + process_mark(), {});
  EXPECT_FALSE(group.freeze());
  group.thaw();
}

}  // namespace
}  // namespace joulebench
