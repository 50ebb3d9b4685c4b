#include "tests/support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/file.h"

namespace joulebench {

namespace {

using Clock = std::chrono::steady_clock;

/// In a process group of its own; both files may be the same.
pid_t start_program(const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& environment, const std::string& out,
                    const std::string& err) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setpgid(0, 0);
  for (const auto& [key, value] : environment) ::setenv(key.c_str(), value.c_str(), 1);
  constexpr int kMode = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
  ::dup2(::open(out.c_str(), kMode, 0600), 1);
  ::dup2(::open(err.c_str(), kMode, 0600), 2);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProgramEnd run_program(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment, int limit_s,
                       int interrupt_after_ms) {
  const TemporaryFolder folder("program");
  const std::string out = folder.path() / "out";
  const std::string err = folder.path() / "err";
  const pid_t child = start_program(arguments, environment, out, err);
  const auto start = Clock::now();
  int status = 0;
  bool interrupted = interrupt_after_ms == 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (!interrupted && Clock::now() - start > std::chrono::milliseconds(interrupt_after_ms)) {
      ::kill(child, SIGINT);
      interrupted = true;
    }
    if (Clock::now() - start > std::chrono::seconds(limit_s)) ::kill(child, SIGKILL);
  }
  return {.status = exit_status(status), .out = read_text_file(out), .err = read_text_file(err)};
}

std::optional<int> run_or_kill(const std::vector<std::string>& arguments,
                               const std::map<std::string, std::string>& environment,
                               const std::filesystem::path& log, std::chrono::microseconds time) {
  std::filesystem::remove(log);
  const pid_t child = start_program(arguments, environment, log, log);
  int status = 0;
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
    if (::waitpid(child, &status, WNOHANG) == child) return exit_status(status);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) return exit_status(status);
  return std::nullopt;
}

}  // namespace joulebench
