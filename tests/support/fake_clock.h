#pragma once

#include <fmt/format.h>

#include "core/clock.h"

namespace joulebench {

/// Time that moves only when it is told to, or asleep. It begins at 2026-12-01T08:00:00.000Z.
class FakeClock final : public Clock {
 public:
  SteadyTime now() const override { return now_; }
  void sleep_until(SteadyTime time) override {
    if (time > now_) now_ = time;
  }
  /// Right until the end of that December.
  std::string now_utc() const override {
    const auto past = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - kStart).count();
    const auto second = past / 1000 + 8 * 3600;
    return fmt::format("2026-12-{:02}T{:02}:{:02}:{:02}.{:03}Z", 1 + second / 86'400,
                       second / 3600 % 24, second / 60 % 60, second % 60, past % 1000);
  }
  void advance(Seconds time) { now_ += std::chrono::duration_cast<std::chrono::nanoseconds>(time); }

 private:
  static constexpr SteadyTime kStart{std::chrono::seconds(1000)};
  SteadyTime now_ = kStart;
};

}  // namespace joulebench
