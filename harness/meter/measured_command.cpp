#include "harness/meter/measured_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <sstream>

#include "core/error.h"

namespace joulebench {
namespace {

constexpr std::array kPassedOn = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

std::atomic<pid_t> running_command{-1};
static_assert(std::atomic<pid_t>::is_always_lock_free);  // read by a signal handler

/// What the terminal sends goes to its whole foreground group, the command included; the rest is
/// ours to pass on.
void pass_on(int signal, siginfo_t* info, void*) {
  const int saved = errno;
  const pid_t pid = running_command.load();
  if (pid > 0 && info->si_code <= 0) ::kill(pid, signal);
  errno = saved;
}

using Actions = std::array<struct sigaction, kPassedOn.size()>;

/// Catches what is passed on, once; returns what stood there before, which is the command's to
/// have. A signal that is ignored (nohup) stays so.
const Actions& catch_signals() {
  static const Actions before = [] {
    Actions actions{};
    struct sigaction action {};
    action.sa_sigaction = pass_on;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < kPassedOn.size(); ++i) {
      ::sigaction(kPassedOn[i], nullptr, &actions[i]);
      if (actions[i].sa_handler != SIG_IGN) ::sigaction(kPassedOn[i], &action, nullptr);
    }
    return actions;
  }();
  return before;
}

std::string find_program(const std::string& name) {
  const auto refuse = [&](int error) {
    throw Error({.what = "cannot start the command",
                 .where = name + ": " + system_message(error),
                 .hint = "write the command as you would in a shell, behind --"});
  };
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) != 0) refuse(errno);
    if (std::filesystem::is_directory(name)) refuse(EISDIR);
    return name;
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0 && !std::filesystem::is_directory(file)) return file;
  }
  refuse(ENOENT);
  return {};
}

std::array<FileDescriptor, 2> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error({.what = "cannot start the command", .where = system_message(errno)});
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Seconds seconds_of(const timeval& time) {
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6);
}

}  // namespace

MeasuredCommand::MeasuredCommand(const std::vector<std::string>& argv) {
  if (argv.empty()) throw std::logic_error("bug: an empty command");
  program_ = find_program(argv.front());
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  auto [go, start] = make_pipe();
  auto [failed, report] = make_pipe();

  // Passing on starts before the command is there, so that no signal ends us and leaves it behind.
  const Actions& actions = catch_signals();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    // Only async-signal-safe calls: another thread of ours may hold any lock.
    for (std::size_t i = 0; i < kPassedOn.size(); ++i)
      ::sigaction(kPassedOn[i], &actions[i], nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::close(start.get());
    char word = 0;
    ssize_t got = 0;
    do {
      got = ::read(go.get(), &word, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) ::_exit(127);
    ::prctl(PR_SET_PDEATHSIG, 0);
    ::execv(program_.c_str(), arguments.data());
    const int error = errno;
    const ssize_t ignored = ::write(report.get(), &error, sizeof error);
    static_cast<void>(ignored);
    ::_exit(127);
  }
  const int error = errno;
  running_command = pid_;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0) throw Error({.what = "cannot start the command", .where = system_message(error)});
  start_ = std::move(start);
  failed_ = std::move(failed);
}

MeasuredCommand::~MeasuredCommand() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  running_command = -1;
}

void MeasuredCommand::release() {
  const char word = 1;
  while (::write(start_.get(), &word, 1) < 0 && errno == EINTR) {
  }
}

CommandEnd MeasuredCommand::wait() {
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0) {
    if (errno != EINTR) throw Error({.what = "lost the command", .where = system_message(errno)});
  }
  running_command = -1;
  pid_ = -1;
  CommandEnd end{.user = seconds_of(usage.ru_utime),
                 .system = seconds_of(usage.ru_stime),
                 .max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
  if (WIFSIGNALED(status)) {
    end.signal = WTERMSIG(status);
    end.exit_status = 128 + end.signal;
  } else {
    end.exit_status = WEXITSTATUS(status);
  }
  return end;
}

void MeasuredCommand::throw_if_not_executed() {
  int error = 0;
  if (::read(failed_.get(), &error, sizeof error) == sizeof error) {
    throw Error({.what = "cannot start the command",
                 .where = program_ + ": " + system_message(error),
                 .hint = "a script needs a first line that names its interpreter"});
  }
}

Seconds MeasuredCommand::cpu_time() const {
  clockid_t clock{};
  timespec time{};
  if (pid_ <= 0 || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return Seconds{0};
  }
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

}  // namespace joulebench
