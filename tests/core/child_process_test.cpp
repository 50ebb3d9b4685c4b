#include "core/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "core/error.h"

namespace joulebench {
namespace {
using testing::HasSubstr;

ChildSpec shell(const std::string& script) {
  ChildSpec spec;
  spec.command = {"sh", "-c", script};
  return spec;
}

TEST(ChildProcess, BothOutputsAndTheStatusComeBack) {
  const CommandResult result =
      run_command(shell("read line; echo got $line; echo oops >&2; exit 3"), "hello\n");
  EXPECT_EQ(result.output, "got hello\n");
  EXPECT_EQ(result.error, "oops\n");
  EXPECT_EQ(result.end.exit_status, 3);
  EXPECT_EQ(result.end.signal, 0);
  EXPECT_FALSE(result.succeeded());
}

TEST(ChildProcess, ASignalThatEndedItIsNamed) {
  const CommandResult result = run_command(shell("kill -SEGV $$"));
  EXPECT_EQ(result.end.signal, SIGSEGV);
  EXPECT_EQ(result.end.exit_status, 128 + SIGSEGV);
}

TEST(ChildProcess, MoreInputThanAPipeHoldsArrives) {
  const std::string much(1 << 20, 'x');
  EXPECT_EQ(run_command(shell("wc -c"), much).output, "1048576\n");
}

TEST(ChildProcess, AProgramMayIgnoreItsInput) {
  EXPECT_EQ(run_command(shell("exec <&-; echo done"), std::string(1 << 20, 'x')).output, "done\n");
}

TEST(ChildProcess, OutputIsCutOffAtItsLimit) {
  EXPECT_EQ(run_command(shell("head -c 100000 /dev/zero"), {}, Seconds(60), 10).output.size(), 10u);
}

TEST(ChildProcess, IsKilledWhenItTakesTooLong) {
  const CommandResult result = run_command(shell("exec sleep 1000"), {}, Seconds(0.1));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.end.signal, SIGKILL);
}

TEST(ChildProcess, WhatItLeavesBehindIsNotWaitedFor) {
  const CommandResult result = run_command(shell("sleep 1000 & echo $!"), {}, Seconds(500));
  EXPECT_FALSE(result.timed_out);
  ::kill(std::atoi(result.output.c_str()), SIGKILL);
}

TEST(ChildProcess, HasOnlyTheDescriptorsThatItIsGiven) {
  const FileDescriptor kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor other(::open("/dev/null", O_RDONLY));
  ChildSpec spec;
  spec.command = {"/bin/ls", "/proc/self/fd"};
  spec.kept = {kept.get()};
  const std::string text = run_command(spec).output;
  EXPECT_THAT(text, HasSubstr("\n" + std::to_string(kept.get()) + "\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5)
      << "0, 1, 2, the kept one, the folder that ls reads: " << text;
}

TEST(ChildProcess, HasTheEnvironmentAndTheFolderThatItIsGiven) {
  ChildSpec spec = shell("env | grep -v ^PWD=; pwd");
  spec.environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};
  spec.folder = "/usr";
  const std::string text = run_command(spec).output;
  EXPECT_THAT(text, HasSubstr("GREETING=hello\n"));
  EXPECT_THAT(text, HasSubstr("/usr\n"));
  EXPECT_EQ(text.find("HOME="), std::string::npos);
}

TEST(ChildProcess, ItsFirstWordIsAsItWasWritten) {
  EXPECT_EQ(run_command(shell("tr '\\0' ' ' </proc/$$/cmdline")).output.substr(0, 6), "sh -c ");
}

TEST(ChildProcess, SignalsHaveTheirDefaultActionsAndNoneIsBlocked) {
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto pipe = ::signal(SIGPIPE, SIG_IGN);
  ChildSpec spec;
  spec.command = {"/bin/grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"};
  EXPECT_EQ(run_command(spec).output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  ::signal(SIGPIPE, pipe);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::string message_of(const ChildSpec& spec) {
  try {
    const ChildProcess child(spec);
    return "it started";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ChildProcess, SaysWhatCouldNotBeStarted) {
  ChildSpec spec;
  spec.purpose = "cannot look";
  spec.command = {"no-such-program"};
  EXPECT_EQ(message_of(spec), "cannot look\n  no-such-program: No such file or directory");
  TemporaryFolder folder("child");
  const std::string script = folder.path() / "script";
  std::ofstream(script) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(script, std::filesystem::perms(0755));
  spec.command = {script};
  EXPECT_EQ(message_of(spec), "cannot look\n  " + script + ": No such file or directory");
}

TEST(ChildProcess, SaysWhichStepInTheChildFailed) {
  ChildSpec spec = shell("true");
  spec.in_child = [](const void*) -> const char* {
    errno = EPERM;
    return "change its world";
  };
  EXPECT_THAT(message_of(spec), HasSubstr("sh: cannot change its world: Operation not permitted"));
}

TEST(ChildProcess, AHeldOneExecutesWhenItIsReleased) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  ChildSpec spec = shell("echo started");
  spec.output = write_end.get();
  spec.held = true;
  ChildProcess child(spec);
  write_end.close();
  char text[64] = {};
  EXPECT_FALSE(child.wait(Seconds(0)));
  EXPECT_EQ(::read(read_end.get(), text, sizeof text), -1);
  child.release();
  EXPECT_EQ(child.wait().exit_status, 0);
  child.throw_if_not_executed();
  EXPECT_EQ(::read(read_end.get(), text, sizeof text), 8);
}

TEST(ChildProcess, AHeldOneThatCannotExecuteSaysSo) {
  TemporaryFolder folder("child");
  const std::string script = folder.path() / "script";
  std::ofstream(script) << "echo no first line\n";
  std::filesystem::permissions(script, std::filesystem::perms(0755));
  ChildSpec spec;
  spec.command = {script};
  spec.held = true;
  ChildProcess child(spec);
  child.release();
  EXPECT_EQ(child.wait().exit_status, 127);
  EXPECT_THROW(child.throw_if_not_executed(), Error);
}

TEST(ChildProcess, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    const ChildProcess child(shell("exec sleep 1000"));
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(ChildProcess, ASessionOfItsOwnIsLedByIt) {
  ChildSpec spec;
  spec.command = {"/bin/sh", "-c",
                  "test $(ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat) = $$"};
  spec.group = ChildSpec::Group::own_session;
  EXPECT_EQ(run_command(spec).end.exit_status, 0);
}

}  // namespace
}  // namespace joulebench
