#pragma once

#include <string>

#include "core/units.h"

namespace joulebench {

/// Time as the program sees it; tests put a scripted one in its place.
/// Threads: SystemClock may be used from several at once.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;
  virtual void sleep_until(SteadyTime time) = 0;
  virtual std::string now_utc() const = 0;  // ISO 8601 with milliseconds: 2026-12-01T08:00:00.000Z
};

class SystemClock final : public Clock {
 public:
  SteadyTime now() const override;
  void sleep_until(SteadyTime time) override;
  std::string now_utc() const override;
};

}  // namespace joulebench
