#include "harness/sandbox/limit_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "core/clock.h"
#include "core/error.h"
#include "harness/sandbox/process_tree.h"
#include "harness/sandbox/shared_folder.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string megabytes(std::uint64_t bytes) {
  return std::to_string(bytes / 1'000'000) + " MB";
}

}  // namespace

LimitWatch::LimitWatch(WatchedSandbox watched)
    : watched_(std::move(watched)), log_(watched_.spec->limits.log_bytes) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error({.what = "cannot start a sandbox",
                 .where = "pipe: " + system_message(errno),
                 .hint = "close other programs, or raise the number of open files: ulimit -n"});
  }
  wake_read_ = FileDescriptor(ends[0]);
  wake_write_ = FileDescriptor(ends[1]);
  thread_ = std::thread([this] { watch(); });
}

void LimitWatch::stop() {
  if (!thread_.joinable()) return;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_write_.get(), "x", 1);
  thread_.join();
}

std::optional<LimitWatch::Broken> LimitWatch::broken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

std::string LimitWatch::log() {
  drain_log();
  const std::lock_guard lock(mutex_);
  return log_.text();
}

void LimitWatch::break_limit(Outcome outcome, std::string text) {
  {
    const std::lock_guard lock(mutex_);
    if (!broken_) broken_ = Broken{outcome, std::move(text)};
  }
  watched_.kill();
}

void LimitWatch::drain_log() {
  static thread_local char buffer[1 << 16];
  // Bounded per call, so that a flood cannot keep us from checking limits.
  for (int i = 0; i < 64; ++i) {
    const std::lock_guard lock(mutex_);  // what was read first is appended first
    const ssize_t got = ::read(watched_.log_pipe.get(), buffer, sizeof buffer);
    if (got <= 0) return;
    log_.append({buffer, static_cast<std::size_t>(got)});
  }
}

void LimitWatch::watch() {
  // Rare enough to cost nothing while it is measured; where we count memory ourselves that matters
  // more.
  const auto tick = std::chrono::milliseconds(watched_.counts_memory ? 100 : 1000);
  SteadyTime next_check = SystemClock().now() + tick;
  bool log_open = true;
  for (;;) {
    pollfd events[] = {{wake_read_.get(), POLLIN, 0},
                       {log_open ? watched_.log_pipe.get() : -1, POLLIN, 0}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(next_check - SystemClock().now()).count();
    ::poll(events, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
    if (events[0].revents != 0) break;
    if ((events[1].revents & POLLIN) != 0) {
      drain_log();
    } else if (events[1].revents != 0) {
      log_open = false;
    }
    if (SystemClock().now() >= next_check) {
      check_limits();
      next_check = SystemClock().now() + tick;
    }
  }
  // All that could write is dead: what is in the pipe is what there is.
  drain_log();
}

std::optional<std::string> too_many_files(const OutputFolder& output, const SandboxSpec& spec) {
  struct statfs use {};
  if (::fstatfs(output.folder, &use) != 0) return {};
  const std::uint64_t files = use.f_files - use.f_ffree;
  if (files <= spec.output_files + 1) return {};  // the folder itself is one
  return "there are " + std::to_string(files - 1) + " files in " + output.inside +
         ", more than the limit of " + std::to_string(spec.output_files);
}

void LimitWatch::check_limits() {
  const SandboxSpec& spec = *watched_.spec;
  const Seconds wall = spec.limits.wall;
  if (SystemClock().now() - watched_.started > wall) {
    break_limit(Outcome::timeout,
                "it ran longer than the limit of " + rounded(wall.count()) + " s");
  }
  const Seconds cpu_limit = spec.cpu_limit();
  const std::optional<Seconds> cpu = watched_.cpu_time();
  if (cpu && *cpu > cpu_limit) {
    break_limit(Outcome::cpu, "it used " + rounded(cpu->count()) +
                                  " s of CPU time, more than the limit of " +
                                  rounded(cpu_limit.count()) + " s");
  }
  for (const OutputFolder& output : watched_.outputs) {
    if (auto text = too_many_files(output, spec)) break_limit(Outcome::output, std::move(*text));
  }
  if (watched_.counts_memory) check_memory();
}

void LimitWatch::check_memory() {
  // Files in memory count as well, mapped or not.
  std::uint64_t files = 0;
  std::vector<int> folders{watched_.tmp_folder.get(), watched_.shm_folder.get()};
  for (const OutputFolder& output : watched_.outputs) folders.push_back(output.folder);
  for (const int folder : folders) {
    struct statfs use {};
    if (folder >= 0 && ::fstatfs(folder, &use) == 0) {
      files += (use.f_blocks - use.f_bfree) * static_cast<std::uint64_t>(use.f_bsize);
    }
  }
  const std::uint64_t limit = watched_.spec->limits.memory_bytes;
  // What processes share is counted for each at first, since that is quickly read.
  if (use_of_tree(watched_.first, false).resident_bytes + files <= limit) return;
  const std::uint64_t used = use_of_tree(watched_.first, true).own_bytes + files;
  if (used <= limit) return;
  break_limit(Outcome::memory, "it used " + megabytes(used) +
                                   " of memory, more than the limit of " + megabytes(limit));
}

}  // namespace joulebench
