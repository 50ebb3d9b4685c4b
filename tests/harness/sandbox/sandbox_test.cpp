#include "harness/sandbox/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "harness/sandbox/control_group.h"
#include "harness/sandbox/enforcement.h"
#include "harness/sandbox/leftovers.h"
#include "harness/sandbox/support_report.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

// Never met, however slow the machine: what waits for it has failed.
constexpr Seconds kPatience{300};

SandboxSpec shell(const std::string& script) {
  SandboxSpec spec;
  spec.command = {"/bin/sh", "-c", script};
  spec.working_folder = "/";
  spec.limits.memory_bytes = 128'000'000;
  spec.limits.wall = kPatience;
  return spec;
}

SandboxSpec python(const std::string& script) {
  SandboxSpec spec = shell("");
  spec.command = {"/usr/bin/python3", "-c", script};
  return spec;
}

std::string read_all(Sandbox& sandbox) {
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd waiting{sandbox.from_program(), POLLIN, 0};
    if (::poll(&waiting, 1, 200'000) <= 0) return text + "[nothing for 200 s]";
    const ssize_t got = ::read(sandbox.from_program(), buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string output_of(const SandboxSpec& spec) {
  Sandbox sandbox(spec);
  sandbox.close_input();
  std::string text = read_all(sandbox);
  sandbox.wait(kPatience);
  return text;
}

SandboxEnd end_of(const SandboxSpec& spec) {
  Sandbox sandbox(spec);
  sandbox.close_input();
  return sandbox.wait(kPatience);
}

double cpu_seconds(const Sandbox& sandbox) {
  return sandbox.cpu_time().value_or(Seconds(0)).count();
}

void wait_for_cpu_time(const Sandbox& sandbox, double more) {
  const double before = cpu_seconds(sandbox);
  while (cpu_seconds(sandbox) < before + more) ::sched_yield();
}

/// Whether another user of the machine may list a folder.
bool others_may_look_into(const fs::path& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    ::_exit(::open(path.c_str(), O_RDONLY | O_DIRECTORY) >= 0 ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 1;
}

TEST(SandboxFolders, AreReadInsideAndClosedToOtherUsers) {
  const TemporaryFolder folder("in");
  write_file_atomically(folder.path() / "hidden.txt", "7 2 1");
  SandboxSpec spec = shell("cat /jb/in/hidden.txt");
  spec.mounts = {{.host = folder.path(), .inside = "/jb/in", .writable = false}};
  for (int sandbox = 0; sandbox < 2; ++sandbox) {  // each has a user of its own
    EXPECT_EQ(output_of(spec), "7 2 1");
    EXPECT_EQ(fs::status(folder.path()).permissions() & fs::perms::others_all, fs::perms::none);
  }
  if (::geteuid() == 0) {
    EXPECT_FALSE(others_may_look_into(folder.path()));
    fs::permissions(folder.path(), fs::perms(0755));
    EXPECT_TRUE(others_may_look_into(folder.path())) << "the question is not answered";
  }
}

TEST(Sandbox, PipesWorkBothWaysAndTheStatusComesBack) {
  Sandbox sandbox(shell("read line; echo \"got $line\"; echo oops >&2; exit 7"));
  ASSERT_EQ(::write(sandbox.to_program(), "hello\n", 6), 6);
  EXPECT_EQ(read_all(sandbox), "got hello\n");
  const SandboxEnd end = sandbox.wait(kPatience);
  EXPECT_EQ(end.exit_status, 7);
  EXPECT_EQ(end.signal, 0);
  EXPECT_FALSE(end.broken_limit);
  EXPECT_GT(end.peak_memory_bytes, 0u);
  EXPECT_EQ(sandbox.log_tail(), "oops\n");
}

TEST(Sandbox, ASignalThatEndedItIsNamed) {
  const SandboxEnd end = end_of(shell("kill -SEGV $$"));
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_EQ(end.exit_status, 128 + SIGSEGV);
}

TEST(Sandbox, IsAnotherUserWithoutRightsOnAnotherMachine) {
  EXPECT_EQ(
      output_of(shell(
          "id -u; hostname; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; env; "
          "ls /proc | grep -c '^[0-9]'; cat /proc/sys/kernel/random/boot_id")),
      "1000\nsandbox\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:"
      "\t1\nSeccomp:\t2\n"
      "USER=entry\nHOME=/tmp\nTMPDIR=/tmp\nPATH=/usr/bin:/bin:/usr/local/bin\nLANG=C.UTF-8\nPWD=/"
      "\n4\n");
}

TEST(Sandbox, ShowsNothingOfTheHostButPrograms) {
  EXPECT_EQ(output_of(shell("ls /etc /dev /jb; ls -d /* | grep -v -E '^/(s?bin|lib[0-9x]*|usr)$'; "
                            "for f in / /dev /etc /jb /usr; do "
                            "(: > $f/new) 2>/dev/null && echo writable $f; done")),
            "/dev:\nfd\nfull\nnull\nrandom\nshm\nstderr\nstdin\nstdout\nurandom\nzero\n\n"
            "/etc:\nalternatives\ngroup\nld.so.cache\npasswd\n\n/jb:\nout\n/dev\n/etc\n/jb\n/"
            "proc\n/tmp\n");
}

TEST(Sandbox, HasOnlyTheProtocolsDescriptors) {
  // 3 is the folder that ls reads; process 1 is bubblewrap's, which may keep its own eventfd.
  EXPECT_EQ(
      output_of(shell("exec 2>&1; echo /proc/self/fd/*; cd /proc/1/fd; for f in *; do readlink $f; "
                      "done | grep -v pipe")),
      "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\nanon_inode:[eventfd]\n");
}

TEST(Sandbox, OutputsComeBackAfterItsEnd) {
  Sandbox sandbox(shell("echo 1 > /jb/out/a; ln -s /etc/passwd /jb/out/link; mkfifo /jb/out/pipe"));
  sandbox.wait(kPatience);
  std::string problem;
  EXPECT_EQ(sandbox.read_output("a", 100, problem), "1\n");
  EXPECT_FALSE(sandbox.read_output("link", 100, problem));
  EXPECT_EQ(problem, "a symbolic link, not a file");
  EXPECT_FALSE(sandbox.read_output("pipe", 100, problem));
  EXPECT_EQ(problem, "a pipe, not a file");
  sandbox.remove_output("a");
  EXPECT_FALSE(sandbox.read_output("a", 100, problem));
  EXPECT_EQ(problem, "no such file");
}

TEST(Sandbox, CompilesAndRunsASubmissionInAWritableFolder) {
  TemporaryFolder staged("staged");
  share_with_sandbox(staged.path());
  std::ofstream(staged.path() / "Makefile")
      << "prog: prog.cpp\n\t$(CXX) -o prog prog.cpp && chmod u+s prog\n";
  std::ofstream(staged.path() / "prog.cpp")
      << "#include <cstdio>\nint main() { std::puts(\"built\"); }\n";
  SandboxSpec build = shell("");
  build.command = {"make"};
  build.limits.memory_bytes = 512u << 20;
  build.working_folder = "/jb/submission";
  build.mounts = {{.host = staged.path(), .inside = "/jb/submission", .writable = true}};
  {
    Sandbox sandbox(build);
    EXPECT_EQ(sandbox.wait(kPatience).exit_status, 0) << sandbox.log_tail();
  }
  EXPECT_EQ(fs::status(staged.path() / "prog").permissions(), fs::perms(0755));  // no set-uid bit
  SandboxSpec run = build;
  run.command = {"./prog"};
  run.mounts.front().writable = false;
  EXPECT_EQ(output_of(run), "built\n");
  run.command = {"/bin/sh", "-c", "echo x > new 2>/dev/null || echo read-only"};
  EXPECT_EQ(output_of(run), "read-only\n");
}

// Of a step in a writable folder that may hold 8 MB: its end, and what the host's folder holds
// then.
SandboxEnd end_of_step(const std::string& script, const fs::path& staged) {
  fs::permissions(staged, fs::perms(0755));
  std::ofstream(staged / "source") << "s";
  SandboxSpec step = shell(script);
  step.working_folder = "/jb/submission";
  step.limits.output_bytes = 8'000'000;
  step.mounts = {{.host = staged, .inside = "/jb/submission", .writable = true}};
  return end_of(step);
}

TEST(Sandbox, AWritableFolderIsAsLargeAsItsLimitAndWritesToNoDisk) {
  const TemporaryFolder staged("staged");
  SandboxEnd end = end_of_step("dd if=/dev/zero of=flood bs=1M count=100; exit 1", staged.path());
  EXPECT_EQ(end.broken_limit, Outcome::output);
  EXPECT_EQ(end.detail, "it wrote more than the limit of 8 MB to /jb/submission");
  EXPECT_FALSE(fs::exists(staged.path() / "flood")) << "what broke a limit is not kept";
  EXPECT_EQ(read_text_file(staged.path() / "source"), "s");

  // Holes take no room inside.
  end = end_of_step("for i in 1 2 3; do truncate -s 7000000 holes$i; done", staged.path());
  EXPECT_EQ(end.broken_limit, Outcome::output);
  EXPECT_THAT(end.detail, HasSubstr("it left 4 files with 21 MB in /jb/submission"));
  EXPECT_FALSE(fs::exists(staged.path() / "holes1"));

  // A closed folder hides nothing, and neither do many names of one file.
  end = end_of_step("mkdir d; for i in 1 2 3; do truncate -s 7000000 d/$i; done; chmod 000 d .",
                    staged.path());
  EXPECT_EQ(end.broken_limit, Outcome::output);
  EXPECT_THAT(end.detail, HasSubstr("it left 5 files with 21 MB in /jb/submission"));
  end = end_of_step("truncate -s 7000000 a; ln a b; ln a c", staged.path());
  EXPECT_THAT(end.detail, HasSubstr("it left 4 files with 21 MB in /jb/submission"));

  end = end_of_step("i=0; while [ $i -lt 6000 ]; do : > f$i; i=$((i+1)); done", staged.path());
  EXPECT_EQ(end.broken_limit, Outcome::output);
  EXPECT_THAT(end.detail, HasSubstr("files in /jb/submission, more than the limit of 4096"));

  end = end_of_step("dd if=/dev/zero of=fits bs=1M count=4 && rm source", staged.path());
  EXPECT_EQ(end.exit_status, 0);
  EXPECT_FALSE(end.broken_limit);
  EXPECT_EQ(fs::file_size(staged.path() / "fits"), 4U << 20);
  EXPECT_FALSE(fs::exists(staged.path() / "source"));

  end = end_of_step("mkdir d; echo kept > d/f; chmod 000 d/f d .; exit 3", staged.path());
  EXPECT_EQ(end.exit_status, 3);
  EXPECT_EQ(read_text_file(staged.path() / "d/f"), "kept\n");
}

TEST(Sandbox, NumPyWorksInside) {
  EXPECT_EQ(output_of(python(
                "import numpy; print(int((numpy.ones((50,50)) @ numpy.ones((50,50))).sum()))")),
            "125000\n");
}

TEST(Sandbox, HiddenFoldersAreEmptyInside) {
  SandboxSpec spec = shell("ls /usr/share/misc | wc -l");
  ASSERT_NE(output_of(spec), "0\n");
  spec.hidden = {"/usr/share/misc"};
  EXPECT_EQ(output_of(spec), "0\n");
}

TEST(Sandbox, HiddenFilesCannotBeOpenedWhereverTheyAreShown) {
  const TemporaryFolder entry("staged");
  fs::permissions(entry.path(), fs::perms(0755));
  write_file_atomically(entry.path() / "labels", "1");
  write_file_atomically(entry.path() / "model", "2");
  SandboxSpec spec = shell(
      "for f in /jb/submission/labels /jb/submission/model /usr/share/dict/no /usr/bin/head "
      "/bin/head; do head -c 1 < $f > /dev/null 2>&1 && echo $f; done; true");
  spec.mounts = {{.host = entry.path(), .inside = "/jb/submission", .writable = false}};
  spec.command[2] = "cat /jb/submission/labels; " + spec.command[2];
  spec.hidden = {entry.path() / "labels", "/usr/share/dict/no", "/usr/share/misc/magic"};
  EXPECT_EQ(output_of(spec), "/jb/submission/model\n/usr/bin/head\n/bin/head\n");
  spec.hidden.push_back("/usr/bin/head");
  EXPECT_EQ(output_of(spec), "");
}

TEST(Sandbox, MemoryAboveTheLimitEndsItWithTheFigures) {
  const SandboxEnd end = end_of(python("x = bytearray(400 << 20); import time; time.sleep(5)"));
  ASSERT_NE(end.exit_status, 0);
  if (end.broken_limit) {  // without a cgroup its allocation fails, and it ends by itself
    EXPECT_EQ(*end.broken_limit, Outcome::memory);
    EXPECT_EQ(end.detail, "it needed more than the limit of 128 MB of memory");
  }
}

TEST(Sandbox, ScratchFilesCountAsMemory) {
  SandboxSpec spec =
      shell("head -c 300M /dev/zero > /tmp/x; head -c 300M /dev/zero > /dev/shm/x; wc -c < /tmp/x");
  EXPECT_THAT(output_of(spec),
              testing::AnyOf("64000000\n", ""));  // half of the limit each, or the kernel's end
}

TEST(Sandbox, ForksAboveTheLimitFail) {
  SandboxSpec spec = python(
      "import os, time\nn = 0\ntry:\n  while n < 100:\n    if os.fork() == 0: time.sleep(30); "
      "os._exit(0)\n    n += 1\n"
      "except OSError: pass\nprint(n, flush=True)\nos._exit(1)");
  spec.limits.processes = 20;
  Sandbox sandbox(spec);
  EXPECT_EQ(read_all(sandbox).substr(0, 3), "19\n");
}

TEST(Sandbox, CpuTimeAboveTheLimitEndsIt) {
  SandboxSpec spec = shell("while :; do :; done");
  spec.cpu_time = Seconds(0.3);
  const SandboxEnd end = end_of(spec);
  ASSERT_TRUE(end.broken_limit);
  EXPECT_EQ(*end.broken_limit, Outcome::cpu);
}

TEST(Sandbox, WallTimeAboveTheLimitEndsIt) {
  SandboxSpec spec = shell("sleep 30");
  spec.limits.wall = Seconds(0.3);
  const SandboxEnd end = end_of(spec);
  ASSERT_TRUE(end.broken_limit);
  EXPECT_EQ(*end.broken_limit, Outcome::timeout);
}

// Whether it ends before anyone looks or floods the folder until it is stopped.
TEST(Sandbox, TooManyOutputsAreFoundHoweverFastTheyCame) {
  SandboxSpec spec = shell("i=0; while [ $i -lt 101 ]; do : > /jb/out/$i; i=$((i+1)); done");
  spec.output_files = 100;
  const SandboxEnd end = end_of(spec);
  ASSERT_TRUE(end.broken_limit);
  EXPECT_EQ(*end.broken_limit, Outcome::output);
  EXPECT_EQ(end.detail, "there are 101 files in /jb/out, more than the limit of 100");
}

TEST(Sandbox, TooManyOrTooLargeOutputsEndIt) {
  SandboxSpec spec = shell("i=0; while :; do : > /jb/out/$i; i=$((i+1)); done");
  spec.output_files = 100;
  SandboxEnd end = end_of(spec);
  ASSERT_TRUE(end.broken_limit);
  EXPECT_EQ(*end.broken_limit, Outcome::output);
  spec = shell("head -c 2M /dev/zero > /jb/out/x");
  spec.limits.output_bytes = 1'000'000;
  end = end_of(spec);
  ASSERT_TRUE(end.broken_limit);
  EXPECT_EQ(*end.broken_limit, Outcome::output);
  EXPECT_EQ(end.detail, "it wrote more than the limit of 1 MB to /jb/out");
}

TEST(Sandbox, AFloodedLogNeitherBlocksNorGrows) {
  SandboxSpec spec = shell("head -c 50M /dev/zero | tr '\\0' x >&2; echo end >&2");
  spec.limits.log_bytes = 10'000;
  Sandbox sandbox(spec);
  EXPECT_EQ(sandbox.wait(kPatience).exit_status, 0);
  EXPECT_LT(sandbox.log().size(), 10'200u);
  EXPECT_THAT(sandbox.log(), HasSubstr("bytes of this log were left out here]"));
  EXPECT_THAT(sandbox.log_tail(1), HasSubstr("x"));
}

TEST(Sandbox, CpuTimeCountsGrandchildren) {
  Sandbox sandbox(shell("(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) & wait; sleep 30"));
  if (!sandbox.cpu_time()) GTEST_SKIP() << "nothing here can tell";
  Seconds used{0};
  for (int i = 0; i < 500 && used < Seconds(0.05); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    used = *sandbox.cpu_time();
  }
  EXPECT_GE(used.count(), 0.05);
}

bool becomes_runnable(const Sandbox& sandbox, bool wanted) {
  for (int look = 0; look < 15'000; ++look) {
    if (sandbox.is_runnable() == wanted) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST(Sandbox, SaysWhetherAThreadInsideHasWork) {
  Sandbox working(shell("(while :; do :; done) & wait"));
  ASSERT_TRUE(becomes_runnable(working, true));
  wait_for_cpu_time(working, 0.05);  // the shell itself waits by now
  for (int look = 0; look < 20; ++look) EXPECT_TRUE(working.is_runnable()) << look;
  working.kill();
  Sandbox waiting(shell("sleep 300 & wait"));
  EXPECT_TRUE(becomes_runnable(waiting, false));
}

TEST(Sandbox, EverythingInsideDiesWithIt) {
  int waiting = 0;
  {
    Sandbox sandbox(
        python("import os, time, signal\n"
               "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
               "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    os.setsid(); "
               "os.write(1, b'x'); time.sleep(60)\n  os._exit(0)\n"
               "os.kill(1, signal.SIGSTOP)\ntime.sleep(60)"));
    char byte = 0;
    pollfd ready{sandbox.from_program(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 200'000), 1);
    ASSERT_EQ(::read(sandbox.from_program(), &byte, 1), 1);
  }
  while (::waitpid(-1, nullptr, WNOHANG) > 0) ++waiting;
  EXPECT_EQ(waiting, 0) << "a process was left for others to reap";
}

void expect_nothing_left_of_a_killed_harness(const char* its_test) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  // A program of its own: a sandbox in a forked test would share our janitor.
  const pid_t harness = ::fork();
  if (harness == 0) {
    const std::string fd = std::to_string(ends[1]);
    ::setenv("JOULEBENCH_TEST_READY", fd.c_str(), 1);
    ::execl("/proc/self/exe", "sandbox_test", its_test, "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(1);
  }
  ::close(ends[1]);
  char text[64] = {};
  ASSERT_GT(::read(ends[0], text, sizeof text - 1), 0);
  const pid_t inside = std::atoi(text);
  ::kill(harness, SIGKILL);
  ::waitpid(harness, nullptr, 0);
  bool gone = false;
  for (int i = 0; i < 200 && !gone; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    gone = true;
    for (const Leftover& leftover : find_leftovers())
      gone &= !leftover.owner.starts_with(std::to_string(harness) + "-");
    if (inside > 0)
      gone &= ::kill(inside, 0) != 0 ||
              read_text_file("/proc/" + std::to_string(inside) + "/stat").find(") Z") !=
                  std::string::npos;
  }
  EXPECT_TRUE(gone) << "processes, control groups or folders of the killed harness are still there";
  ::close(ends[0]);
}

TEST(Sandbox, NothingIsLeftWhenTheHarnessIsKilled) {
  expect_nothing_left_of_a_killed_harness("--gtest_filter=*DISABLED_WaitsToBeKilled");
}

TEST(FrozenSandbox, NothingIsLeftWhenTheHarnessIsKilled) {
  expect_nothing_left_of_a_killed_harness("--gtest_filter=*DISABLED_FreezesAndWaitsToBeKilled");
}

void wait_to_be_killed(bool frozen) {
  const char* fd = std::getenv("JOULEBENCH_TEST_READY");
  ASSERT_NE(fd, nullptr);
  const TemporaryFolder folder("orphan");
  Sandbox sandbox(shell("echo up; sleep 60"));
  pollfd ready{sandbox.from_program(), POLLIN, 0};
  ::poll(&ready, 1, 200'000);
  if (frozen) sandbox.freeze();
  ASSERT_GT(::write(std::atoi(fd), "0\n", 2), 0);
  for (;;) ::pause();
}

TEST(Sandbox, DISABLED_WaitsToBeKilled) {
  wait_to_be_killed(false);
}

TEST(Sandbox, DISABLED_FreezesAndWaitsToBeKilled) {
  wait_to_be_killed(true);
}

/// Everything of ours that a launch could leave on this machine.
struct Traces {
  std::ptrdiff_t mounts, descriptors, children, groups, folders;
  bool operator==(const Traces&) const = default;
};

Traces traces() {
  const auto count = [](const fs::path& folder, const std::string& name) {
    std::ptrdiff_t found = 0;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      found += entry.path().filename().string().find(name) != std::string::npos;
    }
    return found;
  };
  // The counter trees of other tests, over FUSE, come and go meanwhile; a sandbox has none.
  std::ptrdiff_t mounts = 0;
  std::ifstream mount_lines("/proc/self/mountinfo");
  for (std::string line; std::getline(mount_lines, line);) {
    mounts += line.find(" - fuse") == std::string::npos;
  }
  Traces traces{mounts, count("/proc/self/fd", ""), 0, 0, 0};
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    for (int pid = 0; children >> pid;) ++traces.children;
  }
  for (const auto& [name, place] : places_for_blocks().controllers)
    traces.groups += count(place.parent, process_mark());
  traces.folders =
      count(fs::temp_directory_path(), process_mark()) + count("/dev/shm", process_mark());
  return traces;
}

TEST(Sandbox, HundredsOfLaunchesLeaveNothing) {
  end_of(shell("true"));  // starts what is started once
  const Traces before = traces();
  for (int i = 0; i < 300; ++i) ASSERT_EQ(end_of(shell("true")).exit_status, 0);
  const Traces after = traces();
  EXPECT_EQ(after.mounts, before.mounts);
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.children, before.children);
  EXPECT_EQ(after.groups, 0);
  EXPECT_EQ(after.folders, before.folders);
}

TEST(Sandbox, ARankedRunRefusesWhatCannotBeEnforced) {
  EXPECT_NO_THROW(
      require_enforced({{"memory", "cgroup-v2"}, {"processes", "rlimit"}, {"cpus", "cgroup-v1"}}));
  try {
    require_enforced({{"memory", "polled"}, {"processes", "rlimit"}, {"cpus", "rlimit"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what,
              "the track's limit of memory cannot be enforced here, and a ranked run needs it");
    EXPECT_THAT(error.parts().where, HasSubstr("memory: polled"));
    EXPECT_THAT(error.parts().hint, HasSubstr("systemd-run --user --scope -p Delegate=yes"));
  }
  EXPECT_THROW(require_enforced({{"memory", "cgroup-v1"}, {"cpus", "rlimit"}}), Error);
}

TEST(Sandbox, SaysWhatIsMissing) {
  SandboxSpec spec = shell("true");
  spec.mounts = {{.host = "/nowhere", .inside = "/jb/in"}};
  try {
    Sandbox sandbox(spec);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().where, "/nowhere: No such file or directory");
  }
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  try {
    Sandbox sandbox(shell("true"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().where, "bubblewrap (bwrap) is in no folder of PATH=/nowhere");
    EXPECT_EQ(error.parts().hint, "apt-get install bubblewrap");
  }
  ::setenv("PATH", path.c_str(), 1);
}

TEST(Sandbox, AGrantedGpuMustBeThereToRank) {
  SandboxSpec spec = shell("true");
  spec.limits.gpus = 100;
  EXPECT_EQ(end_of(spec).exit_status, 0);  // to practise, without
  spec.require_limits = true;
  try {
    Sandbox sandbox(spec);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "the track grants 100 GPU(s), and there are fewer");
    EXPECT_THAT(error.parts().where, HasSubstr(": no such device"));
  }
}

TEST(Sandbox, AMissingProgramIsTheSubmissionsFault) {
  SandboxSpec spec = shell("");
  spec.command = {"./nowhere"};
  Sandbox sandbox(spec);
  EXPECT_EQ(sandbox.wait(kPatience).exit_status, 1);
  EXPECT_THAT(sandbox.log_tail(), HasSubstr("./nowhere: No such file or directory"));
}

TEST(SandboxSupport, NamesEachLimitAndHowItIsHeld) {
  const SandboxSupport support = sandbox_support();
  EXPECT_TRUE(support.works) << support.problem;
  EXPECT_THAT(support.bubblewrap, testing::StartsWith("bubblewrap "));
  std::set<std::string> names;
  for (const auto& limit : support.limits) names.insert(limit.name);
  EXPECT_EQ(names, (std::set<std::string>{"cpu_time", "cpus", "freeze", "log_bytes", "memory",
                                          "open_files", "output_bytes", "output_files", "processes",
                                          "wall_time"}));
}

TEST(Leftovers, AreFoundByTheirDeadOwnerAndCleared) {
  // Process 1 of a machine that started at another time: a power cut.
  const fs::path folder = fs::temp_directory_path() / "joulebench-staged-1-1-abc123";
  fs::create_directory(folder);
  std::ofstream(folder / "file") << "x";
  std::vector<Leftover> ours;
  for (const Leftover& leftover : find_leftovers()) {
    if (leftover.path == folder) ours.push_back(leftover);
  }
  ASSERT_EQ(ours.size(), 1u);
  EXPECT_EQ(ours.front().owner, "1-1");
  EXPECT_TRUE(clear_leftovers(ours).empty());
  EXPECT_FALSE(fs::exists(folder));
  const TemporaryFolder living("living");
  for (const Leftover& leftover : find_leftovers()) EXPECT_NE(leftover.path, living.path());
}

/// Uses `seconds` of our own CPU time.
void work_for(double seconds) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  for (const double end = now() + seconds; now() < end;) {
  }
}

/// CPU time that passes inside while it is frozen and we work for 50 ms. Below 1 ms is standing
/// still: a frozen task may have a last step to do.
double cpu_time_while_frozen(Sandbox& sandbox) {
  sandbox.freeze();
  const double before = cpu_seconds(sandbox);
  work_for(0.05);
  return cpu_seconds(sandbox) - before;
}

TEST(FrozenSandbox, ABusyProgramStandsStillAndRunsOnWhenThawed) {
  Sandbox sandbox(shell("while :; do :; done"));
  wait_for_cpu_time(sandbox, 0.02);
  EXPECT_LT(cpu_time_while_frozen(sandbox), 1e-3);
  EXPECT_LT(cpu_time_while_frozen(sandbox), 1e-3) << "a second freeze changes nothing";
  sandbox.thaw();
  sandbox.thaw();
  wait_for_cpu_time(sandbox, 0.02);
  EXPECT_FALSE(sandbox.has_ended());
}

TEST(FrozenSandbox, AForkBombStandsStillAsAWhole) {
  Sandbox sandbox(
      python("import os\n"
             "while True:\n"
             "  try:\n"
             "    if os.fork() and os.getpid() % 2: os._exit(0)\n"
             "  except BlockingIOError: pass\n"));
  wait_for_cpu_time(sandbox, 0.05);
  EXPECT_LT(cpu_time_while_frozen(sandbox), 1e-3);
}

TEST(FrozenSandbox, ProcessesThatWakeEachOtherStandStill) {
  Sandbox sandbox(
      python("import os, signal\n"
             "signal.signal(signal.SIGCONT, lambda *_: None)\n"
             "parent = os.getpid()\n"
             "other = os.fork() or parent\n"
             "while True: os.kill(other, signal.SIGCONT)\n"));
  wait_for_cpu_time(sandbox, 0.05);
  EXPECT_LT(cpu_time_while_frozen(sandbox), 1e-3);
  sandbox.thaw();
  wait_for_cpu_time(sandbox, 0.02);
}

TEST(FrozenSandbox, AnswersWhatCameMeanwhileWhenThawed) {
  Sandbox sandbox(shell("read line; echo \"got $line\""));
  sandbox.freeze();
  ASSERT_EQ(::write(sandbox.to_program(), "hello\n", 6), 6);
  work_for(0.05);
  pollfd answer{sandbox.from_program(), POLLIN, 0};
  EXPECT_EQ(::poll(&answer, 1, 0), 0);
  sandbox.thaw();
  EXPECT_EQ(read_all(sandbox), "got hello\n");
  EXPECT_EQ(sandbox.wait(kPatience).exit_status, 0);
}

TEST(FrozenSandbox, IsKilledWithAllThatIsInside) {
  Sandbox sandbox(shell("sh -c 'while :; do :; done' & while :; do :; done"));
  wait_for_cpu_time(sandbox, 0.02);
  sandbox.freeze();
  EXPECT_EQ(sandbox.kill().signal, SIGKILL);
  EXPECT_TRUE(sandbox.cpus().empty());
  sandbox.freeze();  // of what has ended: nothing
  sandbox.thaw();
}

TEST(FrozenSandbox, EndsAtALimitThatItMeetsWhileFrozen) {
  SandboxSpec spec = shell("while :; do :; done");
  spec.limits.wall = Seconds(0.2);
  Sandbox sandbox(spec);
  sandbox.freeze();
  EXPECT_EQ(sandbox.wait(kPatience).broken_limit, Outcome::timeout);
}

}  // namespace
}  // namespace joulebench
