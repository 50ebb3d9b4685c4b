// Launch and tear-down of a full block sandbox around `true`, beside bubblewrap alone with the same
// namespaces as the same kind of user: with a plain view, and with as many mounts as we need to
// hide what tells one sandbox of another. Figure to reach: at most twice bubblewrap's own. And how
// long it takes to freeze and thaw one.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "core/file.h"
#include "harness/sandbox/sandbox.h"
#include "support/tiny_root.h"

namespace joulebench {
namespace {

/// bubblewrap alone, as the same kind of user: `view` says what is seen inside.
void launch_bubblewrap(benchmark::State& state, const std::vector<const char*>& view) {
  std::vector<const char*> words = {"bwrap",
                                    "--unshare-user",
                                    "--unshare-ipc",
                                    "--unshare-pid",
                                    "--unshare-net",
                                    "--unshare-uts",
                                    "--unshare-cgroup-try",
                                    "--disable-userns",
                                    "--die-with-parent",
                                    "--new-session"};
  words.insert(words.end(), {"--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
                             "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"});
  words.insert(words.end(), view.begin(), view.end());
  words.insert(words.end(), {"true", nullptr});
  for (auto step : state) {
    const pid_t pid = ::vfork();
    if (pid == 0) {
      if (::geteuid() == 0 &&
          (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0))
        ::_exit(1);
      ::execvp("bwrap", const_cast<char* const*>(words.data()));
      ::_exit(1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status != 0) state.SkipWithError("bubblewrap failed");
  }
}

void plain_bubblewrap(benchmark::State& state) {
  launch_bubblewrap(state, {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
}

/// As many mounts as our sandbox has, of the same kinds: what bubblewrap itself takes for them.
void bubblewrap_with_our_mounts(benchmark::State& state) {
  std::vector<const char*> view = {"--ro-bind", "/etc/alternatives", "/etc/alternatives", "--proc",
                                   "/proc"};
  for (const char* file :
       {"/proc/buddyinfo", "/proc/diskstats", "/proc/interrupts", "/proc/loadavg", "/proc/locks",
        "/proc/meminfo", "/proc/softirqs", "/proc/stat", "/proc/sys/kernel/random/boot_id",
        "/proc/uptime", "/proc/vmstat", "/proc/zoneinfo"}) {
    view.insert(view.end(), {"--ro-bind", "/dev/null", file});
  }
  for (const char* folder : {"/proc/fs", "/proc/irq", "/proc/sys/fs", "/dev"}) {
    view.insert(view.end(), {"--tmpfs", folder});
  }
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    view.insert(view.end(), {"--dev-bind", device, device});
  }
  view.insert(view.end(), {"--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--tmpfs", "/tmp",
                           "--tmpfs", "/jb/out", "--ro-bind", "/usr", "/jb/submission", "--ro-bind",
                           "/usr", "/jb/in", "--remount-ro", "/"});
  launch_bubblewrap(state, view);
}

void launch_sandboxes(benchmark::State& state, const std::filesystem::path& root) {
  TemporaryFolder folder("bench");
  std::filesystem::create_directories(folder.path() / "entry");
  std::filesystem::create_directories(folder.path() / "in");
  share_with_sandbox(folder.path());
  SandboxSpec spec;
  spec.command = {"true"};
  spec.root = root;
  spec.mounts = {{.host = folder.path() / "entry", .inside = "/jb/submission"},
                 {.host = folder.path() / "in", .inside = "/jb/in"}};
  for (auto step : state) {
    Sandbox sandbox(spec);
    if (sandbox.wait(Seconds(20)).exit_status != 0) state.SkipWithError("the sandbox failed");
  }
}

void block_sandbox(benchmark::State& state) {
  launch_sandboxes(state, {});
}

/// In an environment of 50,000 files. Figure to reach: 1.3 times the one on the host.
void block_sandbox_in_environment(benchmark::State& state) {
  TemporaryFolder folder("bench");
  const std::filesystem::path root = folder.path() / "root";
  std::filesystem::create_directory(root);
  make_tiny_root(root, {"true"});
  // As many names at the top as Debian has.
  for (const char* name :
       {"boot", "etc", "home", "media", "mnt", "opt", "root", "run", "srv", "usr", "var"}) {
    std::filesystem::create_directory(root / name);
  }
  write_file_atomically(root / "etc/passwd", "root:x:0:0::/:/bin/false\n");
  write_file_atomically(root / "etc/group", "root:x:0:\n");
  constexpr int kFolders = 500;
  constexpr int kFiles = 100;
  for (int i = 0; i < kFolders; ++i) {
    const std::filesystem::path inner = root / "usr" / std::to_string(i);
    std::filesystem::create_directory(inner);
    for (int j = 0; j < kFiles; ++j) {
      std::ofstream(inner / std::to_string(j)) << "a file\n";
    }
  }
  share_with_sandbox(folder.path());
  launch_sandboxes(state, root);
}

/// Of a program that computes. Figure to reach: under 1 ms where a control group freezes.
void freeze_and_thaw(benchmark::State& state) {
  SandboxSpec spec;
  spec.command = {"/bin/sh", "-c", "while :; do :; done"};
  spec.working_folder = "/";
  Sandbox sandbox(spec);
  state.SetLabel(sandbox.enforcement().at("freeze"));
  for (auto step : state) {
    sandbox.freeze();
    sandbox.thaw();
  }
}

BENCHMARK(plain_bubblewrap)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bubblewrap_with_our_mounts)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(block_sandbox)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(block_sandbox_in_environment)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(freeze_and_thaw)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace joulebench
