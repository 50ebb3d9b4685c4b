#include "harness/meter/perf_meter.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "core/error.h"
#include "harness/meter/powercap_meter.h"

namespace joulebench {
namespace {

// The register has 32 bits and a unit of 2^-16 J or more: one turn is at least 2^16 J.
constexpr double kHalfSmallestTurnJoules = 32768;

}  // namespace

PerfMeter::PerfMeter(const PerfEvent& event, std::optional<Watts> highest_limit, Clock& clock)
    : info_{.name = event.identity.domain_name(),
            .kind = event.identity.kind,
            .source = event.source(),
            .energy_class = EnergyClass::measured,
            .in_total = event.identity.kind == DomainKind::cpu_package ||
                        event.identity.kind == DomainKind::dram},
      clock_(&clock),
      ceiling_(power_ceiling(event.identity.kind, highest_limit)),
      counter_({.joules_per_count = event.joules_per_count,
                .ceiling = ceiling_,
                .period = Seconds(0.001)}) {
  perf_event_attr attributes{};
  attributes.type = event.type;
  attributes.size = sizeof attributes;
  attributes.config = event.config;
  descriptor_ = FileDescriptor(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, -1, event.cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!descriptor_.is_open()) {
    throw Error({.what = "cannot open the CPU energy counter",
                 .where = fmt::format("{} on CPU {}: {}", event.source(), event.cpu,
                                      system_message(errno))});
  }
  if (!read().joules) {
    throw Error({.what = "cannot read the CPU energy counter",
                 .where = fmt::format("{} on CPU {}: {}", event.source(), event.cpu,
                                      system_message(last_errno_))});
  }
}

EnergySample PerfMeter::read() {
  EnergySample sample;
  std::uint64_t count = 0;
  sample.before = clock_->now();
  const ssize_t size = ::read(descriptor_.get(), &count, sizeof count);
  const int error = size < 0 ? errno : ENODATA;  // 0 bytes: the event was put out of action
  sample.after = clock_->now();
  if (size != sizeof count) {
    CounterEvents& events = counter_.events();
    ++events.failed_reads;
    if (error != last_errno_ || events.last_error.empty()) {
      events.last_error = info_.source + ": " + system_message(error);
      last_errno_ = error;
    }
    return sample;
  }
  // A register that goes back looks to the kernel as if it had gone round: one that jumps by half a
  // turn or more between two reads was reset.
  const double rise = static_cast<double>(count - last_count_) * counter_.shape().joules_per_count;
  if (last_count_ != 0 && rise > kHalfSmallestTurnJoules &&
      rise > ceiling_.value * Seconds(sample.after - last_before_).count()) {
    CounterEvents& events = counter_.events();
    ++events.resets;
    events.last_oddity =
        fmt::format("jumped by {:.3f} J, nearly a whole turn: went back, reset", rise);
    lost_ += count - last_count_;
  }
  last_count_ = count;
  last_before_ = sample.before;
  counter_.feed(count - lost_, sample.before, sample.after);
  sample.joules = counter_.total();
  return sample;
}

CounterTraits PerfMeter::traits() const {
  // perf shows 2^-32 J, but the register behind it moves in its own unit; the commonest is assumed.
  return {.quantum = Joules{std::ldexp(1.0, -14)}, .ceiling = ceiling_, .period = Seconds(0.001)};
}

}  // namespace joulebench
