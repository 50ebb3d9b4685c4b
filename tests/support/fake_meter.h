#pragma once

#include <cmath>
#include <functional>
#include <utility>

#include "harness/meter/energy_meter.h"
#include "tests/support/fake_clock.h"

namespace joulebench {

/// A counter that follows a given energy over time as hardware does: renewed every `period`, in
/// whole steps of `quantum`. Each read costs time on the fake clock.
class FakeMeter final : public EnergyMeter {
 public:
  struct Shape {
    std::string name = "cpu-package-0";
    DomainKind kind = DomainKind::cpu_package;
    bool in_total = true;
    Seconds period{0.000976};
    Joules quantum{61.03515625e-6};
    Seconds read_cost{4e-6};
    Seconds phase{0};    // of the first update
    int cold_reads = 0;  // the first ones, which cost 20 times as much
  };
  FakeMeter(Shape shape, FakeClock& clock, std::function<double(double)> joules_at)
      : shape_(std::move(shape)),
        info_{.name = shape_.name,
              .kind = shape_.kind,
              .source = "fake:" + shape_.name,
              .in_total = shape_.in_total},
        clock_(&clock),
        joules_at_(std::move(joules_at)) {}

  const DomainInfo& domain() const override { return info_; }
  EnergySample read() override {
    EnergySample sample;
    sample.before = clock_->now();
    const Seconds cost = reads_++ < shape_.cold_reads ? 20 * shape_.read_cost : shape_.read_cost;
    clock_->advance(cost / 2);
    const double now = Seconds(clock_->now().time_since_epoch()).count();
    clock_->advance(cost / 2);
    if (reads_until_late-- == 0) clock_->advance(late);
    sample.after = clock_->now();
    if (fails) {
      ++counted.failed_reads;
      counted.last_error = info_.source + ": Input/output error";
      return sample;
    }
    double at = now;
    if (shape_.period > Seconds{0}) {
      const double period = shape_.period.count();
      at = std::floor((now - shape_.phase.count()) / period) * period + shape_.phase.count();
    }
    if (frozen_at) at = std::min(at, *frozen_at);
    const double joules = joules_at_(at);
    sample.joules = shape_.quantum.value > 0
                        ? Joules{std::floor(joules / shape_.quantum.value) * shape_.quantum.value}
                        : Joules{joules};
    return sample;
  }
  CounterTraits traits() const override {
    return {.quantum = shape_.quantum, .period = shape_.period};
  }
  CounterEvents events() const override { return counted; }

  bool fails = false;
  int reads_until_late = -1;  // the read after so many more answers long after it looked
  Seconds late{0.007};
  std::optional<double> frozen_at;
  CounterEvents counted;

 private:
  Shape shape_;
  DomainInfo info_;
  FakeClock* clock_;
  std::function<double(double)> joules_at_;
  int reads_ = 0;
};

}  // namespace joulebench
