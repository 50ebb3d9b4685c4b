#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/units.h"

namespace joulebench {

/// A program to start, and what it gets from us. All other descriptors are closed; signals have
/// their default actions and none is blocked.
struct ChildSpec {
  static constexpr int kOurs = -1;  // as descriptor: it shares ours
  static constexpr int kNull = -2;  // /dev/null
  enum class Group {
    ours,         // Ctrl-C in our terminal reaches it as well
    own,          // its own process group
    own_session,  // and what ends our session does not end it
  };

  std::string purpose = "cannot start a program";  // first part of the Error when it fails
  std::vector<std::string> command;  // the program is looked for in PATH, unless it has a '/'
  std::optional<std::map<std::string, std::string>> environment;  // absent: ours
  std::filesystem::path folder;                                   // it starts in; empty: ours
  int input = kOurs, output = kOurs, error = kOurs;
  std::vector<int> kept;  // descriptors that it has as well, under the same numbers
  bool inherits_everything =
      false;  // descriptors, and signals that are ignored: as a shell's would
  Group group = Group::ours;
  bool dies_with_us = false;  // killed when the thread that starts it ends
  bool held = false;          // waits, ready to execute, for release()
  /// Gets its number before a signal can arrive: for a handler of ours that passes signals on.
  std::atomic<pid_t>* announced = nullptr;

  /// Runs in the child last before it executes; `context` is passed on. It may make system calls
  /// and nothing else: it runs in our memory (vfork) or beside our locks (fork). Returns null, or
  /// the step that failed with errno set.
  const char* (*in_child)(const void* context) = nullptr;
  const void* context = nullptr;
};

/// How a program ended and what it used, itself and all children it waited for.
struct ChildEnd {
  int exit_status = 0;  // 128 + signal when a signal ended it, as a shell says it
  int signal = 0;       // 0: none
  Seconds user{0};
  Seconds system{0};
  std::uint64_t max_rss_bytes = 0;
};

/// One process of ours, started through Boost.Process; every program that joulebench runs starts
/// here. Threads: one caller.
class ChildProcess {
 public:
  ChildProcess() = default;  // none
  /// Returns when the program executes (by vfork: as quick however much memory we have), or, when
  /// it is `held`, when it is ready to.
  /// Errors: Error with the spec's purpose when it is not found or a step before fails.
  explicit ChildProcess(const ChildSpec& spec);
  ~ChildProcess();  // kills and reaps it
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  pid_t pid() const { return pid_; }            // -1: none, or it was reaped
  int handle() const { return handle_.get(); }  // pidfd: readable when it has ended

  void release();  // a held program executes now; allocates nothing
  /// Of a held program after it has ended. Errors: Error when it could not be executed after all.
  void throw_if_not_executed();
  void signal(int number) const;
  ChildEnd wait();
  std::optional<ChildEnd> wait(Seconds at_most);  // absent: it still runs
  void detach();                                  // it is not ours any more, and outlives us

 private:
  void start(const ChildSpec& spec, const std::string& program);

  pid_t pid_ = -1;
  FileDescriptor handle_;
  FileDescriptor start_;   // of a held program: write end of the barrier
  FileDescriptor failed_;  // likewise: read end of what it reports
  std::string purpose_, program_;
};

/// The file that a command's first word names, as a shell would find it; absent when there is none.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// A short program's output and end.
struct CommandResult {
  ChildEnd end;
  bool timed_out = false;  // and was killed
  std::string output;      // each cut off at max_bytes
  std::string error;
  bool succeeded() const { return !timed_out && end.exit_status == 0; }
};

/// Runs a program to its end. `input` is what it reads. The spec's descriptors are not used.
/// Errors: Error when it cannot be started.
CommandResult run_command(ChildSpec spec, std::string_view input = {},
                          Seconds at_most = Seconds(60), std::size_t max_bytes = 1u << 20);

}  // namespace joulebench
