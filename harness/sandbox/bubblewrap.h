#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "harness/sandbox/sandbox_spec.h"

namespace joulebench {

/// Errors: Error naming PATH where it is in none of its folders.
std::filesystem::path find_bubblewrap();
std::string bubblewrap_version();  // "bubblewrap 0.8.0"; empty when it does not answer

/// Its path and the words of its command line, with the files that they speak of.
struct BubblewrapCommand {
  std::vector<std::string> words;
  std::vector<FileDescriptor> files;
};

/// The world of a sandbox. `info`: where bubblewrap tells its child's number; `block`: what it
/// waits at before it starts the command; both are descriptors that it gets.
BubblewrapCommand bubblewrap_command(const SandboxSpec& spec, int info, int block,
                                     bool without_cgroups);

/// Process 1 inside, by our numbering; absent when bubblewrap ended before.
std::optional<pid_t> read_child_pid(int info);

/// Throws Error: what bubblewrap said when it did not start, turned into what to do.
[[noreturn]] void fail_to_start(const std::string& said);

}  // namespace joulebench
