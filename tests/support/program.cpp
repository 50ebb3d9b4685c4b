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

ProgramEnd run_program(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment, int limit_s,
                       int interrupt_after_ms) {
  const TemporaryFolder folder("program");
  const std::string out = folder.path() / "out";
  const std::string err = folder.path() / "err";
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    for (const auto& [key, value] : environment) ::setenv(key.c_str(), value.c_str(), 1);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2);
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  using Clock = std::chrono::steady_clock;
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
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = read_text_file(out),
          .err = read_text_file(err)};
}

}  // namespace joulebench
