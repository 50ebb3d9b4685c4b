#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"
#include "core/units.h"
#include "harness/sandbox/file_stamp.h"
#include "harness/sandbox/sandbox_spec.h"

namespace joulebench {

/// Which uid (and gid) a program gets outside: as root one of its own per Sandbox, else ours.
/// Inside it is always 1000.
///
/// Folders that are mounted must be readable for that uid. share_with_sandbox() gives everybody
/// read access to all below `folder` (a staged copy of ours), and way to it through folders named
/// joulebench-* of ours. Errors: Error naming the folder above it that bars the way.
void share_with_sandbox(const std::filesystem::path& folder);

/// How everything inside ended.
struct SandboxEnd {
  int exit_status = 0;  // of the command; 128 + signal when a signal ended it
  int signal = 0;       // 0: none
  std::optional<Outcome>
      broken_limit;    // memory, processes, cpu, output: what ended it, as far as known
  std::string detail;  // of the broken limit, with figures
  std::uint64_t peak_memory_bytes = 0;  // 0: not known
};

/// One command in fresh namespaces under limits. Everything inside dies with this object.
/// Knows nothing about energy or models. Threads: one caller; a watching thread is inside. The
/// thread that makes it must outlive it: when that thread ends, the kernel ends the sandbox with
/// it. Writable mounts must belong to us; while the sandbox lives they are the program's, when it
/// has ended they are ours again, with every file readable, set-uid bits gone and what is no file
/// or folder removed.
class Sandbox {
 public:
  /// Launches. Errors: Error that says what to do (bubblewrap missing, user namespaces forbidden, a
  /// required limit that cannot be enforced, no such folder).
  explicit Sandbox(SandboxSpec spec);
  ~Sandbox();  // kills all that is inside and removes what was made; never throws

  int to_program() const;    // write end of its stdin; non-blocking
  int from_program() const;  // read end of its stdout; non-blocking
  void close_input();

  /// CPU seconds of all that was ever inside; absent: nothing here can tell.
  std::optional<Seconds> cpu_time() const;
  /// In what steps that is counted: 0 by a control group, the kernel's clock tick (10 ms as a rule)
  /// where it is summed up over /proc.
  Seconds cpu_time_step() const;
  /// Whether a thread inside computes, or would if it had a processor; false when all have ended.
  bool is_runnable() const;
  /// Most memory that all inside took at once, so far; absent: nothing here can tell.
  std::optional<std::uint64_t> peak_memory() const;
  /// CPUs that what is inside may run on, ascending; empty when it has ended.
  std::vector<int> cpus() const;
  /// Stops every process inside, and returns when none executes any more; nothing where it is
  /// frozen or has ended. How is in enforcement() under "freeze". Not in a measured window: it
  /// costs the harness some 0.1 ms. A frozen command does not end by itself: thaw it before wait().
  /// kill() and the destructor end it in either state. Errors: Error when something still runs
  /// after 10 s.
  void freeze();
  void thaw();                       // all of them run on
  bool has_ended();                  // the command itself; does not block
  SandboxEnd wait(Seconds at_most);  // kills what still runs after that
  SandboxEnd kill();
  /// kill() of a command that has done what it should: that it was killed is no sign of a limit
  /// that it broke.
  SandboxEnd dismiss();

  /// Reads a file that was written below /jb/out: no link followed, a regular file, at most
  /// `max_bytes`. Absent with the reason in `problem` when it is not such a file.
  std::optional<std::string> read_output(std::string_view name, std::size_t max_bytes,
                                         std::string& problem, FileStamp* stamp = nullptr) const;
  /// Takes down how such a file is now; cheap enough for a measured window. Absent likewise.
  std::optional<FileStamp> stamp_output(std::string_view name, std::string& problem) const;
  void remove_output(std::string_view name) const;

  std::string log_tail(std::size_t max_lines = 20) const;  // of stderr, printable UTF-8
  std::string log()
      const;  // all that was kept, as it came: the start and the end, a mark between them
  const std::map<std::string, std::string>& enforcement() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace joulebench
