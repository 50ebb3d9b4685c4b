#include "harness/sandbox/stopped_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace joulebench {
namespace {

/// What the processes of one test share: they count as long as they execute.
struct Shared {
  std::atomic<std::uint64_t> count{0};
  std::atomic<bool> ends{false};
};

/// Uses CPU time, so that whatever is not stopped has every chance to count.
void work_for_a_while() {
  timespec start{}, now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  do {
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while ((now.tv_sec - start.tv_sec) * 1'000'000'000L + now.tv_nsec - start.tv_nsec < 30'000'000);
}

class StoppedProcessesTest : public testing::Test {
 protected:
  StoppedProcessesTest()
      : shared_(*new (::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared) {}
  ~StoppedProcessesTest() override {
    shared_.ends = true;
    ::kill(first_, SIGCONT);
    ::waitpid(first_, nullptr, 0);
    ::munmap(&shared_, sizeof(Shared));
  }

  template <class Body>
  void start(Body body) {
    first_ = ::fork();
    if (first_ != 0) return;
    body();
    ::_exit(0);
  }

  void wait_until_it_counts() const {
    const std::uint64_t before = shared_.count;
    while (shared_.count < before + 10) ::sched_yield();
  }

  void expect_that_it_stands_still_and_runs_on() const {
    wait_until_it_counts();
    {
      const StoppedProcesses stopped(first_);
      const std::uint64_t before = shared_.count;
      work_for_a_while();
      EXPECT_EQ(shared_.count, before);
    }
    wait_until_it_counts();
  }

  Shared& shared_;
  pid_t first_ = -1;
};

TEST_F(StoppedProcessesTest, EveryThreadStandsStillAndRunsOnAfterwards) {
  start([&] {
    const auto count = [&] {
      while (!shared_.ends) ++shared_.count;
    };
    std::thread second(count);
    count();
    second.join();
  });
  expect_that_it_stands_still_and_runs_on();
}

TEST_F(StoppedProcessesTest, ProcessesThatWakeEachOtherStandStill) {
  start([&] {
    const pid_t first = ::getpid();
    ::signal(SIGCONT, [](int) {});
    const pid_t second = ::fork();
    while (!shared_.ends) {
      ++shared_.count;
      ::kill(second == 0 ? first : second, SIGCONT);
    }
    if (second > 0) ::waitpid(second, nullptr, 0);
  });
  expect_that_it_stands_still_and_runs_on();
}

TEST_F(StoppedProcessesTest, AProcessThatForksAndEndsAllTheTimeIsCaught) {
  start([&] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (::fork() == 0) {
      // Each child lives just long enough to make the next.
      while (!shared_.ends && ::fork() == 0) ++shared_.count;
      ::_exit(0);
    }
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  });
  expect_that_it_stands_still_and_runs_on();
}

TEST_F(StoppedProcessesTest, WhatHadStoppedItselfStaysStopped) {
  start([&] { ::raise(SIGSTOP); });
  int status = 0;
  ASSERT_EQ(::waitpid(first_, &status, WUNTRACED), first_);
  ASSERT_TRUE(WIFSTOPPED(status));
  { const StoppedProcesses stopped(first_); }
  EXPECT_EQ(::waitpid(first_, &status, WCONTINUED | WNOHANG), 0);
}

}  // namespace
}  // namespace joulebench
