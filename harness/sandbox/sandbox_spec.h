#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/units.h"

namespace joulebench {

/// A folder of the host shown inside, read-only; or writable: a copy of it in memory, copied back
/// when all inside has ended and no limit was broken.
struct SandboxMount {
  std::filesystem::path host;
  std::string inside;  // "/jb/in"
  bool writable = false;
  std::uint64_t room_bytes = 0;  // of a writable one; the sandbox says
};

struct SandboxSpec {
  std::vector<std::string>
      command;  // found in the sandbox's PATH, or relative to the working folder
  std::map<std::string, std::string> environment;  // added to a fixed minimal one
  /// The root file system that the command runs in, read-only: nothing of the host's is below it.
  /// Empty: the host's own /usr. What lies in its /proc, /dev, /sys, /tmp and /jb is not shown.
  std::filesystem::path root;
  std::vector<SandboxMount> mounts;  // the submission at /jb/submission, inputs at /jb/in, ...
  std::string working_folder = "/jb/submission";
  /// It has our stdin, stdout, stderr and terminal: for a person who looks around. Then there is
  /// nothing to write to, to read from, and no log.
  bool on_terminal = false;
  Limits limits;
  bool require_limits = false;      // ranked: Error when a limit cannot be enforced
  std::optional<Seconds> cpu_time;  // of all processes together; absent: limits.wall x limits.cpus
  /// Of our processors it has the last `limits.cpus`, or, so that sandboxes that run at once do not
  /// share theirs, those that lie so many before.
  std::size_t cpus_before = 0;
  std::uint64_t output_files = 4096;  // in /jb/out and in each writable mount
  std::uint64_t open_files = 1024;    // descriptors of one process
  /// Of the host, even where a system folder or a mount holds them (labels!): folders are shown
  /// empty, files cannot be opened. What is not there, or not shown inside, is passed over.
  std::vector<std::filesystem::path> hidden;

  /// CPU seconds of all processes together.
  Seconds cpu_limit() const { return cpu_time.value_or(limits.wall * limits.cpus); }
};

}  // namespace joulebench
