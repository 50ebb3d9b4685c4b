#include "harness/meter/powercap_meter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "core/error.h"

namespace joulebench {
namespace {

std::optional<std::uint64_t> pread_number(int fd, int& error) {
  std::array<char, 32> text;
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  if (size < 0) {
    error = errno;
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + size, number);
  if (status != std::errc{} || (end != text.data() + size && *end != '\n')) {
    error = EBADMSG;
    return std::nullopt;
  }
  return number;
}

}  // namespace

Watts power_ceiling(DomainKind kind, std::optional<Watts> highest_limit) {
  const double usual = kind == DomainKind::psys ? 10000 : 2000;
  if (!highest_limit || highest_limit->value <= 0) return {usual};
  return {std::clamp(4 * highest_limit->value, 100.0, usual)};
}

Watts likely_most_power(std::optional<Watts> highest_limit) {
  return highest_limit && highest_limit->value > 0 ? *highest_limit * 1.5 : Watts{250};
}

PowercapMeter::PowercapMeter(const PowercapZone& zone, Clock& clock)
    : info_{.name = zone.identity.domain_name(),
            .kind = zone.identity.kind,
            .source = zone.source(),
            .energy_class = EnergyClass::measured,
            .in_total = zone.identity.kind == DomainKind::cpu_package ||
                        zone.identity.kind == DomainKind::dram},
      file_(zone.folder / "energy_uj"),
      descriptor_(::open(file_.c_str(), O_RDONLY | O_CLOEXEC)),
      clock_(&clock),
      ceiling_(power_ceiling(zone.identity.kind, zone.highest_limit)),
      likely_most_(likely_most_power(zone.highest_limit)),
      limit_is_stated_(zone.highest_limit.has_value()),
      counter_({}) {
  const auto refuse = [](const std::filesystem::path& file, int error) {
    throw Error({.what = "cannot read the CPU energy counter",
                 .where = file.string() + ": " + system_message(error)});
  };
  if (!descriptor_.is_open()) refuse(file_, errno);
  int error = 0;
  const auto first = pread_number(descriptor_.get(), error);
  if (!first) refuse(file_, error);

  const auto range_file = zone.folder / "max_energy_range_uj";
  const FileDescriptor range(::open(range_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!range.is_open()) refuse(range_file, errno);
  const auto range_uj = pread_number(range.get(), error);
  if (!range_uj) refuse(range_file, error);
  range_uj_ = *range_uj;
  unit_ = unit_of_range(range_uj_);
  if (unit_ && !unit_->counts_of(*first)) unit_.reset();
  last_uj_ = *first;
  counter_ = WrappingCounter(shape());
  const SteadyTime now = clock.now();
  counter_.feed(counts_of(*first), now, now);
}

WrappingCounter::Shape PowercapMeter::shape() const {
  WrappingCounter::Shape shape{.ceiling = ceiling_,
                               .likely_most = likely_most_,
                               .is_stated = limit_is_stated_,
                               .period = Seconds(0.001)};
  if (unit_) {
    shape.modulus = *unit_->counts_of(range_uj_) + 1;
    shape.joules_per_count = unit_->joules;
  } else {
    // The unit is not known: nanojoules, and one turn is the range plus the unit that nearly all
    // have.
    shape.modulus = range_uj_ * 1000 + 61035;
    shape.joules_per_count = 1e-9;
  }
  return shape;
}

std::uint64_t PowercapMeter::counts_of(std::uint64_t uj) {
  if (unit_) {
    if (const auto counts = unit_->counts_of(uj)) return *counts;
    unit_.reset();  // a reading that this unit cannot show: the range only looked like it
    counter_.change_shape(shape(), last_uj_ * 1000);
  }
  return uj * 1000;
}

std::optional<std::uint64_t> PowercapMeter::shown_uj() {
  return pread_number(descriptor_.get(), last_errno_);
}

EnergySample PowercapMeter::read() {
  EnergySample sample;
  int error = 0;
  sample.before = clock_->now();
  const auto uj = pread_number(descriptor_.get(), error);
  sample.after = clock_->now();
  if (!uj) {
    CounterEvents& events = counter_.events();
    ++events.failed_reads;
    if (error != last_errno_ || events.last_error.empty()) {
      events.last_error = file_.string() + ": " + system_message(error);
      last_errno_ = error;
    }
    return sample;
  }
  const std::uint64_t counts = counts_of(*uj);
  counter_.feed(counts, sample.before, sample.after);
  last_uj_ = *uj;
  sample.joules = counter_.total();
  return sample;
}

CounterTraits PowercapMeter::traits() const {
  const WrappingCounter::Shape& shape = counter_.shape();
  return {.quantum = Joules{unit_ ? unit_->joules : 61.035e-6},
          .wraps_at = Joules{static_cast<double>(shape.modulus) * shape.joules_per_count},
          .ceiling = ceiling_,
          .likely_most = counter_.likely_most(),
          .period = Seconds(0.001)};
}

}  // namespace joulebench
