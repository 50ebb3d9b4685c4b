#include "harness/meter/model_meter.h"

#include <fmt/format.h>

#include <utility>

namespace joulebench {

ModelMeter::ModelMeter(Watts per_cpu, std::function<Seconds()> cpu_time, Clock& clock)
    : info_{.name = "model",
            .kind = DomainKind::model,
            .source = fmt::format("model:{:g}", per_cpu.value),
            .energy_class = EnergyClass::modelled,
            .in_total = true},
      per_cpu_(per_cpu),
      cpu_time_(std::move(cpu_time)),
      clock_(&clock) {
  if (cpu_time_) last_ = cpu_time_();
}

EnergySample ModelMeter::read() {
  EnergySample sample;
  sample.before = clock_->now();
  const Seconds now = cpu_time_ ? cpu_time_() : Seconds{0};
  sample.after = clock_->now();
  // Less than before is another process, which started at 0.
  total_ += now >= last_ ? now - last_ : now;
  last_ = now;
  sample.joules = per_cpu_ * total_;
  return sample;
}

}  // namespace joulebench
