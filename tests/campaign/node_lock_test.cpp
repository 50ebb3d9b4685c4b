#include "campaign/node_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "core/file.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

TEST(NodeLock, TheSecondIsToldWhoIsFirst) {
  const TemporaryFolder folder("lock");
  const auto file = folder.path() / "lock";
  const NodeLock first("evaluate digits", "2026-12-01T08:00:00.000Z", file);
  const std::string text = error_text([&] { NodeLock("run b", "later", file); });
  EXPECT_THAT(text, HasSubstr("another measurement runs on this machine"));
  EXPECT_THAT(text, HasSubstr("evaluate digits, process " + std::to_string(::getpid())));
  EXPECT_THAT(text, HasSubstr("since 2026-12-01T08:00:00.000Z"));
}

TEST(NodeLock, IsFreeAgainWhenItGoes) {
  const TemporaryFolder folder("lock");
  const auto file = folder.path() / "lock";
  std::optional<NodeLock> first(std::in_place, "a", "now", file);
  first.reset();
  EXPECT_NO_THROW(NodeLock("b", "now", file));
}

TEST(NodeLock, IsFreeAgainWhenItsProcessIsKilled) {
  const TemporaryFolder folder("lock");
  const auto file = folder.path() / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const NodeLock held("a", "now", file);
    [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT(error_text([&] { NodeLock("b", "now", file); }), HasSubstr("another measurement"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(NodeLock("b", "now", file));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(NodeLock, WaitsForTheLeftoversOfAnOwnerThatWasKilled) {
  const TemporaryFolder folder("lock");
  const auto file = folder.path() / "lock";
  const pid_t owner = ::fork();
  if (owner == 0) {
    const NodeLock held("a", "now", file);
    if (::fork() == 0) {  // a child that has not reached exec: holds the lock with its parent
      ::usleep(300'000);
      ::_exit(0);
    }
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(owner, nullptr, 0);
  EXPECT_NO_THROW(NodeLock("b", "now", file));
}

TEST(NodeLock, AFileThatIsALinkIsRefused) {
  const TemporaryFolder folder("lock");
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "lock");
  EXPECT_THAT(error_text([&] { NodeLock("a", "now", folder.path() / "lock"); }),
              HasSubstr("cannot take the lock"));
}

}  // namespace
}  // namespace joulebench
