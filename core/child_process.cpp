#include "core/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Boost.Process 1.74 offers vfork where this is set.
#define BOOST_POSIX_HAS_VFORK 1
#include <algorithm>
#include <array>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/search_path.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "core/error.h"

namespace joulebench {
namespace bp = boost::process;
namespace fs = std::filesystem;
namespace {

constexpr std::array kResetSignals = {SIGPIPE, SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                      SIGCHLD, SIGUSR1, SIGUSR2, SIGXFSZ};

/// What went wrong between fork and exec.
struct Failure {
  int error = 0;
  const char* step =
      nullptr;  // a constant of this program: a forked child has it at the same place
};

/// All that the child needs, prepared before: it may only make system calls, since it runs in our
/// memory (vfork), or beside locks that other threads hold (fork).
struct Preparation {
  const ChildSpec* spec = nullptr;
  std::array<int, 3> standard{};  // become its 0, 1, 2
  pid_t parent = 0;
  int go = -1;                 // held: read end of the barrier
  int report = -1;             // held: where a failure is written to
  Failure* failure = nullptr;  // not held: where it is put
  sigset_t mask{};
};

[[noreturn]] void fail(const Preparation& preparation, const char* step) {
  const Failure failure{errno, step};
  if (preparation.report >= 0) {
    [[maybe_unused]] const ssize_t ignored = ::write(preparation.report, &failure, sizeof failure);
  } else {
    *preparation.failure = failure;
  }
  ::_exit(127);
}

void take_descriptors(const Preparation& preparation) {
  const ChildSpec& spec = *preparation.spec;
  for (int fd = 0; fd < 3; ++fd) {
    const int given = preparation.standard[static_cast<std::size_t>(fd)];
    if (given != fd && ::dup2(given, fd) < 0) fail(preparation, "take a descriptor");
  }
  if (spec.inherits_everything) return;
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    fail(preparation, "close descriptors");
  }
  for (const int fd : spec.kept) ::fcntl(fd, F_SETFD, 0);
}

void take_signals(const Preparation& preparation) {
  struct sigaction standard {};
  ::sigaction(SIGPIPE, &standard, nullptr);
  if (preparation.spec->inherits_everything) return;
  for (const int signal : kResetSignals) ::sigaction(signal, &standard, nullptr);
}

void wait_for_release(const Preparation& preparation) {
  char word = 0;
  ssize_t got = 0;
  do {
    got = ::read(preparation.go, &word, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(127);  // nobody wants it any more
}

void prepare_in_child(const Preparation& preparation) {
  const ChildSpec& spec = *preparation.spec;
  if (spec.group == ChildSpec::Group::own_session) ::setsid();
  if (spec.group == ChildSpec::Group::own) ::setpgid(0, 0);
  take_signals(preparation);
  take_descriptors(preparation);
  if (!spec.folder.empty() && ::chdir(spec.folder.c_str()) != 0) {
    fail(preparation, "enter its folder");
  }
  if (spec.in_child != nullptr) {
    const char* const step = spec.in_child(spec.context);
    if (step != nullptr) fail(preparation, step);
  }
  if (spec.dies_with_us || spec.held) {
    // After in_child: to become another user clears it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != preparation.parent) ::_exit(127);
  }
  ::sigprocmask(SIG_SETMASK, &preparation.mask, nullptr);
  if (!spec.held) return;
  wait_for_release(preparation);
  if (!spec.dies_with_us) ::prctl(PR_SET_PDEATHSIG, 0);
}

bp::environment environment_of(const ChildSpec& spec) {
  if (!spec.environment) return boost::this_process::environment();
  bp::environment result;
  for (const auto& [name, value] : *spec.environment) result[name] = value;
  return result;
}

/// All signals wait while it lives: no handler of ours may run in the child, least of all in memory
/// that it borrows.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

std::array<FileDescriptor, 2> make_pipe(const std::string& purpose) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error({.what = purpose,
                 .where = "pipe: " + system_message(errno),
                 .hint = "close other programs, or raise the number of open files: ulimit -n"});
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Seconds seconds_of(const timeval& time) {
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6);
}

ChildEnd end_of(int status, const rusage& usage) {
  ChildEnd end{.user = seconds_of(usage.ru_utime),
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

[[noreturn]] void throw_failure(const std::string& purpose, const std::string& program,
                                const Failure& failure) {
  const bool is_exec = failure.step == nullptr;
  throw Error({.what = purpose,
               .where = program + ": " +
                        (is_exec ? "" : "cannot " + std::string(failure.step) + ": ") +
                        system_message(failure.error),
               .hint = is_exec && failure.error == ENOEXEC
                           ? "a script needs a first line that names its interpreter"
                           : ""});
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  std::error_code ignored;
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) != 0) return std::nullopt;
    if (fs::is_directory(name, ignored)) {
      errno = EISDIR;
      return std::nullopt;
    }
    return name;
  }
  const std::string found =
      std::getenv("PATH") != nullptr
          ? bp::search_path(name).string()
          : bp::search_path(name, {"/usr/local/bin", "/usr/bin", "/bin"}).string();
  if (!found.empty()) return found;
  errno = ENOENT;
  return std::nullopt;
}

namespace {

// Which descriptors become the child's standard ones; `null` is opened if one of them is it.
void choose_standard(const ChildSpec& spec, Preparation& preparation, FileDescriptor& null) {
  const std::array<int, 3> wanted = {spec.input, spec.output, spec.error};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == ChildSpec::kNull && !null.is_open()) {
      null = FileDescriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
    }
    preparation.standard[i] = wanted[i] == ChildSpec::kOurs   ? static_cast<int>(i)
                              : wanted[i] == ChildSpec::kNull ? null.get()
                                                              : wanted[i];
  }
}

}  // namespace

ChildProcess::ChildProcess(const ChildSpec& spec) : purpose_(spec.purpose) {
  if (spec.command.empty()) throw std::logic_error("bug: a child process without a command");
  program_ = spec.command.front();
  const std::optional<fs::path> program = find_program(program_);
  if (!program) {
    throw Error({.what = purpose_, .where = program_ + ": " + system_message(errno), .hint = {}});
  }
  start(spec, *program);
}

void ChildProcess::start(const ChildSpec& spec, const std::string& program) {
  Failure failure;
  Preparation preparation{.spec = &spec, .parent = ::getpid(), .failure = &failure};
  FileDescriptor null;
  choose_standard(spec, preparation, null);
  FileDescriptor go, report;
  if (spec.held) {
    auto barrier = make_pipe(purpose_);
    go = std::move(barrier[0]);
    start_ = std::move(barrier[1]);
    auto reports = make_pipe(purpose_);
    failed_ = std::move(reports[0]);
    report = std::move(reports[1]);
    preparation.go = go.get();
    preparation.report = report.get();
  }
  const bp::environment environment = environment_of(spec);
  std::vector<char*> arguments;
  for (const std::string& word : spec.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto setup = bp::extend::on_exec_setup([&](auto& executor) {
    executor.cmd_line = arguments.data();  // Boost would make the program's path the first word
    prepare_in_child(preparation);
  });
  const auto failed = bp::extend::on_exec_error([&preparation](auto&, const std::error_code& code) {
    errno = code.value();
    fail(preparation, nullptr);
  });
  const auto not_forked = bp::extend::on_fork_error([&failure](auto&, const std::error_code& code) {
    failure = {code.value(), "fork"};
  });
  {
    const BlockedSignals blocked;
    if (spec.inherits_everything) {
      preparation.mask = blocked.before();
    } else {
      ::sigemptyset(&preparation.mask);
    }
    // ignore_error: else Boost waits for the exec, and a held child would never get there. What
    // fails is reported by `failed` above instead.
    if (spec.held) {
      bp::child child(bp::exe = program, environment, setup, failed, not_forked, bp::ignore_error);
      pid_ = child.id();
      child.detach();
    } else {
      bp::child child(bp::exe = program, environment, setup, failed, not_forked, bp::ignore_error,
                      bp::posix::use_vfork);
      pid_ = child.id();
      child.detach();
    }
    if (spec.announced != nullptr) *spec.announced = pid_;
  }
  if (failure.error != 0) {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    throw_failure(purpose_, program_, failure);
  }
  handle_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      handle_(std::move(other.handle_)),
      start_(std::move(other.start_)),
      failed_(std::move(other.failed_)),
      purpose_(std::move(other.purpose_)),
      program_(std::move(other.program_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  ChildProcess taken(std::move(other));
  std::swap(pid_, taken.pid_);
  std::swap(handle_, taken.handle_);
  std::swap(start_, taken.start_);
  std::swap(failed_, taken.failed_);
  purpose_.swap(taken.purpose_);
  program_.swap(taken.program_);
  return *this;
}

void ChildProcess::release() {
  const char word = 1;
  while (::write(start_.get(), &word, 1) < 0 && errno == EINTR) {
  }
}

void ChildProcess::throw_if_not_executed() {
  Failure failure;
  if (::read(failed_.get(), &failure, sizeof failure) == sizeof failure) {
    throw_failure(purpose_, program_, failure);
  }
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

ChildEnd ChildProcess::wait() {
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0) {
    if (errno != EINTR) {
      throw Error({.what = "lost a program that was started",
                   .where = program_ + ": " + system_message(errno),
                   .hint = {}});
    }
  }
  pid_ = -1;
  return end_of(status, usage);
}

std::optional<ChildEnd> ChildProcess::wait(Seconds at_most) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + at_most;
  for (;;) {
    const double left_ms = Seconds(deadline - steady_clock::now()).count() * 1e3;
    pollfd ended{handle_.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(std::clamp(left_ms + 1, 0.0, 1e6))) > 0) return wait();
    if (steady_clock::now() >= deadline) return std::nullopt;
  }
}

void ChildProcess::detach() {
  pid_ = -1;
}

CommandResult run_command(ChildSpec spec, std::string_view input, Seconds at_most,
                          std::size_t max_bytes) {
  using std::chrono::steady_clock;
  CommandResult result;
  auto [in_read, in_write] = make_pipe(spec.purpose);
  auto [out_read, out_write] = make_pipe(spec.purpose);
  auto [err_read, err_write] = make_pipe(spec.purpose);
  spec.input = in_read.get();
  spec.output = out_write.get();
  spec.error = err_write.get();
  ChildProcess child(spec);
  for (FileDescriptor* theirs : {&in_read, &out_write, &err_write}) theirs->close();
  for (const FileDescriptor* ours : {&in_write, &out_read, &err_read}) {
    ::fcntl(ours->get(), F_SETFL, O_NONBLOCK);
  }
  const auto take = [max_bytes](FileDescriptor& from, std::string& text) {
    char buffer[4096];
    const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) from.close();
    if (got > 0) {
      text.append(buffer, std::min(static_cast<std::size_t>(got), max_bytes - text.size()));
    }
  };
  const auto give = [&input](FileDescriptor& to) {
    // A program that does not read all of it is no error of ours.
    sigset_t pipe, before;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
    const ssize_t put = ::write(to.get(), input.data(), input.size());
    if (put < 0 && errno == EPIPE) {
      const timespec at_once{};
      ::sigtimedwait(&pipe, nullptr, &at_once);
    }
    const bool is_over = put < 0 && errno != EINTR && errno != EAGAIN;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (put > 0) input.remove_prefix(static_cast<std::size_t>(put));
    if (is_over) input = {};
  };
  const auto deadline = steady_clock::now() + at_most;
  bool has_ended = false;
  while (out_read.is_open() || err_read.is_open()) {
    if (input.empty()) in_write.close();
    pollfd events[] = {{out_read.get(), POLLIN, 0},
                       {err_read.get(), POLLIN, 0},
                       {in_write.get(), POLLOUT, 0},
                       {has_ended ? -1 : child.handle(), POLLIN, 0}};
    const double left_ms = Seconds(deadline - steady_clock::now()).count() * 1e3;
    const int timeout = has_ended ? 0 : static_cast<int>(std::clamp(left_ms + 1, 0.0, 1e6));
    // What it started may hold its output open: what has not come when it ends does not count.
    if (::poll(events, 4, timeout) == 0 && has_ended) break;
    has_ended |= events[3].revents != 0;
    if (events[0].revents != 0) take(out_read, result.output);
    if (events[1].revents != 0) take(err_read, result.error);
    if (events[2].revents != 0) give(in_write);
    if (steady_clock::now() >= deadline) break;
  }
  in_write.close();
  auto end = child.wait(Seconds(deadline - steady_clock::now()));
  if (!end) {
    result.timed_out = true;
    child.signal(SIGKILL);
    end = child.wait();
  }
  result.end = *end;
  return result;
}

}  // namespace joulebench
