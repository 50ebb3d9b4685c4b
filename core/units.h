#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace joulebench {

/// A number with a physical unit: adds to and compares with its own kind only.
template <class Unit>
struct Quantity {
  double value = 0.0;  // in the SI unit that the alias below is named after

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  friend constexpr Quantity operator*(Quantity a, double factor) { return {a.value * factor}; }
  friend constexpr Quantity operator/(Quantity a, double divisor) { return {a.value / divisor}; }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
  constexpr Quantity& operator+=(Quantity other) {
    value += other.value;
    return *this;
  }
};

/// Sizes in files that people write are in megabytes of 10^6 bytes.
constexpr std::uint64_t kMegabyte = 1'000'000;

using Joules = Quantity<struct JouleUnit>;
using Watts = Quantity<struct WattUnit>;
using Seconds = std::chrono::duration<double>;

constexpr Watts operator/(Joules energy, Seconds time) {
  return {energy.value / time.count()};
}
constexpr Joules operator*(Watts power, Seconds time) {
  return {power.value * time.count()};
}

/// A point on CLOCK_MONOTONIC, for intervals. For people there is Clock::now_utc().
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

}  // namespace joulebench
