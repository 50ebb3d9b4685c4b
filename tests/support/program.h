#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace joulebench {

/// How a program that a test started ended, and what it printed.
struct ProgramEnd {
  int status = 0;  // exit status; 128 + signal
  std::string out;
  std::string err;
};

/// Runs the program and waits. `environment` is added to ours; below `limit_s` seconds or it is
/// killed (status 137). `interrupt_after_ms`: SIGINT to it after that time; 0: none.
ProgramEnd run_program(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment = {}, int limit_s = 60,
                       int interrupt_after_ms = 0);

/// Runs the program, its output into `log`, and kills it with SIGKILL after `time`. Absent: it was
/// killed; else its exit status, or 128 + signal.
std::optional<int> run_or_kill(const std::vector<std::string>& arguments,
                               const std::map<std::string, std::string>& environment,
                               const std::filesystem::path& log, std::chrono::microseconds time);

}  // namespace joulebench
