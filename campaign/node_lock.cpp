#include "campaign/node_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

std::string user_name() {
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : fmt::format("user {}", ::getuid());
}

std::string text_in(int fd) {
  char text[300] = {};
  const ssize_t got = ::pread(fd, text, sizeof text, 0);
  return std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0);
}

// Whether the process that wrote `owner` (see the constructor) has ended.
bool is_dead(const std::string& owner) {
  constexpr std::string_view kKey = ", process ";
  const auto at = owner.rfind(kKey);
  if (at == owner.npos) return false;
  int process = 0;
  std::from_chars(owner.data() + at + kKey.size(), owner.data() + owner.size(), process);
  return process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
}

constexpr int kTries = 100;
constexpr std::chrono::milliseconds kBetweenTries{50};
constexpr std::chrono::milliseconds kBetweenLooks{500};  // at a lock that is waited for

}  // namespace

std::filesystem::path NodeLock::default_file() {
  // For tests, which must not wait for each other.
  if (const char* named = std::getenv("JOULEBENCH_LOCK_FILE")) return named;
  std::error_code none;
  const bool has_lock_folder =
      std::filesystem::is_directory("/run/lock", none) && ::access("/run/lock", W_OK) == 0;
  return std::filesystem::path(has_lock_folder ? "/run/lock" : "/tmp") / "joulebench.lock";
}

NodeLock::NodeLock(const std::string& what, const std::string& since_utc,
                   const std::filesystem::path& file, const LockWait& wait) {
  // Another user's file in a sticky folder must not be opened with O_CREAT (fs.protected_regular).
  fd_ = FileDescriptor(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd_.is_open() && errno == ENOENT) {
    fd_ = FileDescriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (fd_.is_open()) ::fchmod(fd_.get(), 0666);
  }
  if (!fd_.is_open()) {
    throw Error({.what = "cannot take the lock that keeps two measurements apart",
                 .where = file.string() + ": " + system_message(errno),
                 .hint = "make it readable and writable, or remove it"});
  }
  // Of an owner that was killed a child may live a moment longer, on its way to exec or to its own
  // end, and hold the lock with it.
  std::string told;  // whom on_wait was called with
  for (int tries = 0; ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    const std::string owner = text_in(fd_.get());
    if (tries < kTries && is_dead(owner)) {
      std::this_thread::sleep_for(kBetweenTries);
      continue;
    }
    if (wait.wanted) {
      if (wait.stopped && wait.stopped()) throw Interrupted();
      if (wait.on_wait && owner != told) wait.on_wait(printable(owner, 300));
      told = owner;
      std::this_thread::sleep_for(kBetweenLooks);
      continue;
    }
    throw Error(
        {.what = "another measurement runs on this machine",
         .where = printable(owner, 300),
         .hint = "two at once would measure each other: wait for it (evaluate --wait), or end it"});
  }
  const std::string text =
      fmt::format("{}, process {}, by {}, since {}", what, ::getpid(), user_name(), since_utc);
  // Only for people: that it cannot be written does not make the lock less held.
  if (::ftruncate(fd_.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(fd_.get(), text.data(), text.size(), 0);
  }
}

}  // namespace joulebench
