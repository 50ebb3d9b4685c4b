#pragma once

#include "core/clock.h"

namespace joulebench {

/// Time that moves only when it is told to, or asleep.
class FakeClock final : public Clock {
 public:
  SteadyTime now() const override { return now_; }
  void sleep_until(SteadyTime time) override {
    if (time > now_) now_ = time;
  }
  std::string now_utc() const override { return "2026-12-01T08:00:00.000Z"; }
  void advance(Seconds time) { now_ += std::chrono::duration_cast<std::chrono::nanoseconds>(time); }

 private:
  SteadyTime now_{std::chrono::seconds(1000)};
};

}  // namespace joulebench
