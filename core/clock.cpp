#include "core/clock.h"

#include <fmt/format.h>

#include <ctime>
#include <thread>

namespace joulebench {

SteadyTime SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

void SystemClock::sleep_until(SteadyTime time) {
  std::this_thread::sleep_until(time);
}

std::string SystemClock::now_utc() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     now.tv_nsec / 1'000'000);
}

}  // namespace joulebench
