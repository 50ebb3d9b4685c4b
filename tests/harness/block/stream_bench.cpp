// Round trip of an empty single-stream request, sandbox included, beside a bare ping-pong over two
// pipes. Figure to reach: a median of 60 us.
//
//   build/release/bin/stream_bench [ROUNDS]
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#include "core/file.h"
#include "harness/block/placement.h"
#include "harness/protocol/program_session.h"
#include "harness/sandbox/sandbox.h"
#include "submissions/kits/cpp/joulebench.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

using Latencies = std::vector<float>;

double microseconds(Latencies& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return 1e6 * static_cast<double>(sorted[at]);
}

Seconds sum_of(const Latencies& latencies) {
  double sum = 0;
  for (const float one : latencies) sum += static_cast<double>(one);
  return Seconds(sum);
}

Seconds own_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return Seconds(static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec));
}

/// Asks by `ask` and prints a line: latencies, and the share of a CPU that asking took.
double print(const std::string& what, const std::function<Latencies()>& ask) {
  const Seconds cpu_before = own_cpu_time();
  Latencies latencies = ask();
  const Seconds cpu = own_cpu_time() - cpu_before;
  const double share = cpu / sum_of(latencies);
  std::sort(latencies.begin(), latencies.end());
  const double median = microseconds(latencies, 0.5);
  std::cout << fmt::format("{:<56}{:>8.1f}{:>8.1f}{:>8.1f}{:>10.0f}\n", what, median,
                           microseconds(latencies, 0.9), microseconds(latencies, 0.99),
                           100 * share);
  return median;
}

/// A process that sends back as many bytes as an answer has for each frame that it reads.
class Echo {
 public:
  explicit Echo(std::optional<int> cpu = {}) {
    int there[2], back[2];
    if (::pipe(there) != 0 || ::pipe(back) != 0) throw std::runtime_error("cannot make a pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(there[1]);
      std::optional<PinnedThread> here;
      if (cpu) here.emplace(*cpu);
      char bytes[64] = {};
      const std::size_t answer = expected_answer(1).size();
      while (::read(there[0], bytes, SampleFrames::kHeaderBytes) > 0) {
        if (::write(back[1], bytes, answer) < 0) break;
      }
      ::_exit(0);
    }
    ::close(there[0]);
    ::close(back[1]);
    to_ = FileDescriptor(there[1]);
    from_ = FileDescriptor(back[0]);
  }
  ~Echo() {
    to_.close();
    ::waitpid(pid_, nullptr, 0);
  }

  Latencies ask(std::size_t rounds, Clock& clock, bool sleepless = false) {
    Latencies latencies;
    ::fcntl(from_.get(), F_SETFL, O_NONBLOCK);
    char bytes[64] = {};
    for (std::size_t i = 0; i < rounds; ++i) {
      const SteadyTime start = clock.now();
      if (::write(to_.get(), bytes, SampleFrames::kHeaderBytes) < 0) break;
      pollfd waiting{.fd = from_.get(), .events = POLLIN, .revents = 0};
      do {
        if (!sleepless) ::poll(&waiting, 1, 500);
      } while (::read(from_.get(), bytes, sizeof bytes) < 0);
      latencies.push_back(static_cast<float>(Seconds(clock.now() - start).count()));
    }
    return latencies;
  }

 private:
  pid_t pid_ = -1;
  FileDescriptor to_, from_;
};

std::vector<int> own_cpus() {
  std::vector<int> cpus;
  cpu_set_t ours;
  ::sched_getaffinity(0, sizeof ours, &ours);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &ours)) cpus.push_back(cpu);
  }
  return cpus;
}

/// Of a program on the C++ kit, asked as StreamRequests does.
double print_sandboxed(const std::string& what, unsigned cpus, std::size_t rounds, Clock& clock) {
  TemporaryFolder folder("bench");
  fs::copy_file("/proc/self/exe", folder.path() / "program");
  fs::permissions(folder.path() / "program", fs::perms(0755));
  share_with_sandbox(folder.path());
  SandboxSpec spec;
  spec.command = {"./program", "serve"};
  spec.mounts = {{.host = folder.path(), .inside = "/jb/submission"}};
  spec.limits.cpus = cpus;
  Sandbox sandbox(spec);
  ProgramSession session(sandbox, clock, Seconds(600), 1 << 16, [] { return false; });
  session.await_ready(Seconds(10));
  session.open_stream(stream_request(DType::u8, {0}), Seconds(10));
  std::uint32_t number = 1;
  const auto ask = [&](std::size_t count) {
    SampleFrames frames(number, 0, count);
    frames.add({.dtype = DType::u8, .shape = {count, 0}, .bytes = {}});
    number += static_cast<std::uint32_t>(count);
    StreamAnswers answers;
    answers.reserve(count);
    session.stream(
        frames, Seconds(10), [](const std::string&) {}, answers);
    return answers.latencies_s;
  };
  ask(rounds / 10);
  std::optional<PinnedThread> here;
  const auto place = cpu_of_lowest_latency(sandbox.cpus(), [&] { return sum_of(ask(100)); });
  if (place) here.emplace(*place);
  const double median = print(what, [&] { return ask(rounds); });
  session.close_stream(Seconds(10));
  session.exit(Seconds(10));
  return median;
}

void measure(std::size_t rounds) {
  SystemClock clock;
  std::cout << fmt::format("{:<56}{:>8}{:>8}{:>8}{:>10}\n", "round trip, us", "median", "p90",
                           "p99", "our CPU %");
  Echo echo;
  echo.ask(rounds / 10, clock);
  print("bare pipes, where the kernel puts both", [&] { return echo.ask(rounds, clock); });
  if (const std::vector<int> cpus = own_cpus(); cpus.size() > 1) {
    Echo other(cpus.back());
    const PinnedThread here(cpus.front());
    print("bare pipes, each on a CPU of its own", [&] { return other.ask(rounds, clock); });
    print("bare pipes, the same, polled without sleep",
          [&] { return other.ask(rounds, clock, true); });
  }
  double bare = 0;
  {
    const int cpu = own_cpus().back();
    Echo beside(cpu);
    const PinnedThread here(cpu);
    bare = print("bare pipes, both on one CPU", [&] { return beside.ask(rounds, clock); });
  }
  print_sandboxed("in the sandbox, granted all CPUs, as blocks ask",
                  static_cast<unsigned>(own_cpus().size()), rounds, clock);
  const double placed =
      print_sandboxed("in the sandbox, granted one CPU, as blocks ask", 1, rounds, clock);
  std::cout << fmt::format("ratio of the medians on one CPU: {:.2f}\n", placed / bare);
}

}  // namespace
}  // namespace joulebench

int main(int argc, char** argv) try {
  if (argc > 1 && std::string(argv[1]) == "serve") {
    return joulebench::serve([](const joulebench::Array&, std::int32_t* classes) { *classes = 0; });
  }
  joulebench::measure(argc > 1 ? std::stoul(argv[1]) : 20'000);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 2;
}
