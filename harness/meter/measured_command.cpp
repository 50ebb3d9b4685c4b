#include "harness/meter/measured_command.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>

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

/// In the child: what we catch is the command's to have as it was.
const char* give_signals_back(const void* actions) {
  for (std::size_t i = 0; i < kPassedOn.size(); ++i) {
    ::sigaction(kPassedOn[i], &(*static_cast<const Actions*>(actions))[i], nullptr);
  }
  return nullptr;
}

ChildProcess start_held(const std::vector<std::string>& argv) {
  constexpr const char* kHint = "write the command as you would in a shell, behind --";
  // Passing on starts before the command is there, so that no signal ends us and leaves it behind.
  const Actions& actions = catch_signals();
  try {
    return ChildProcess({.purpose = "cannot start the command",
                         .command = argv,
                         .inherits_everything = true,
                         .held = true,
                         .announced = &running_command,
                         .in_child = give_signals_back,
                         .context = &actions});
  } catch (const Error& error) {
    throw Error({.what = error.parts().what, .where = error.parts().where, .hint = kHint});
  }
}

}  // namespace

MeasuredCommand::MeasuredCommand(const std::vector<std::string>& argv) : child_(start_held(argv)) {}

MeasuredCommand::~MeasuredCommand() {
  running_command = -1;
}

void MeasuredCommand::release() {
  child_.release();
}

ChildEnd MeasuredCommand::wait() {
  const ChildEnd end = child_.wait();
  running_command = -1;
  return end;
}

void MeasuredCommand::throw_if_not_executed() {
  child_.throw_if_not_executed();
}

Seconds MeasuredCommand::cpu_time() const {
  clockid_t clock{};
  timespec time{};
  if (child_.pid() <= 0 || ::clock_getcpuclockid(child_.pid(), &clock) != 0 ||
      ::clock_gettime(clock, &time) != 0) {
    return Seconds{0};
  }
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

}  // namespace joulebench
