#include "harness/meter/line_meter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace joulebench {
namespace {

constexpr std::size_t kMostKeptSamples = 100'000;
constexpr std::size_t kLongestLine = 4096;
constexpr std::chrono::seconds kFirstSamples{5};
// Without a common clock a sample is placed by when it arrives, and arrivals are looked for this
// often.
constexpr Seconds kArrival{0.02};

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t from = line.find_first_not_of(" \t\r", at);
    if (from == std::string::npos) break;
    at = std::min(line.find_first_of(" \t\r", from), line.size());
    words.push_back(line.substr(from, at - from));
  }
  return words;
}

std::optional<double> number_of(const std::string& word) {
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

double seconds_of(SteadyTime time) {
  return Seconds(time.time_since_epoch()).count();
}

SteadyTime time_of(double seconds) {
  return SteadyTime(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

}  // namespace

LineMeter::LineMeter(std::string command, unsigned index, bool in_total, Clock& clock)
    : command_(std::move(command)),
      clock_(&clock),
      info_{.name = index == 0 ? "outside" : fmt::format("outside-{}", index + 1),
            .kind = DomainKind::wall,
            .source = "command:" + command_,
            .energy_class = EnergyClass::measured,
            .in_total = in_total} {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error({.what = "cannot start the outside meter", .where = system_message(errno)});
  }
  output_ = FileDescriptor(ends[0]);
  const FileDescriptor write_end(ends[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  // A group of its own: Ctrl-C is for the command that is measured, and the shell's children end
  // with it.
  program_ = ChildProcess({.purpose = "cannot start the outside meter",
                           .command = {"/bin/sh", "-c", command_},
                           .input = ChildSpec::kNull,
                           .output = write_end.get(),
                           .group = ChildSpec::Group::own});

  // The constructor may throw from here on, and then no destructor runs.
  try {
    const SteadyTime until = clock.now() + kFirstSamples;
    while (samples_.size() < 2 && !has_ended_ && clock.now() < until) {
      pollfd waiting{output_.get(), POLLIN, 0};
      ::poll(&waiting, 1, 50);
      take_what_arrived();
    }
    if (samples_.size() < 2) {
      throw Error(
          {.what = "the outside meter gives no samples",
           .where = fmt::format("{}: {}", command_,
                                !events_.last_error.empty() ? events_.last_error
                                : has_ended_                ? "it has ended"
                                             : "two samples did not come within 5 s"),
           .hint = "it prints one line a sample: SECONDS joules VALUE, or SECONDS watts VALUE"});
    }
  } catch (...) {
    end_program();
    throw;
  }
}

LineMeter::~LineMeter() {
  end_program();
}

void LineMeter::end_program() {
  const pid_t group = program_.pid();
  if (group <= 0) return;
  ::kill(-group, SIGTERM);
  if (program_.wait(Seconds(0.1))) return;
  ::kill(-group, SIGKILL);
  program_.wait();
}

void LineMeter::take_what_arrived() {
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(output_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size == 0) has_ended_ = true;
    if (size <= 0) return;
    for (ssize_t i = 0; i < size; ++i) {
      if (buffer[i] != '\n') {
        if (partial_.size() < kLongestLine) partial_ += buffer[i];
        continue;
      }
      take_line(partial_);
      partial_.clear();
    }
  }
}

bool LineMeter::take_header(std::vector<std::string> words) {
  if (words[0] != "#") {
    words[0].erase(0, 1);
  } else {
    words.erase(words.begin());
  }
  if (words.size() != 2) return true;  // a comment
  if (words[0] == "name") {
    info_.name = words[1];
  } else if (words[0] == "kind") {
    const auto kind = domain_kind_from(words[1]);
    if (!kind) return false;
    info_.kind = *kind;
  } else if (words[0] == "clock") {
    is_monotonic_ = words[1] == "monotonic";
  }
  return true;
}

void LineMeter::take_line(const std::string& line) {
  std::vector<std::string> words = words_of(line);
  if (words.empty()) return;
  const auto refuse = [&](const char* reason) {
    ++events_.failed_reads;
    events_.last_error = fmt::format("{}: '{}'", reason, line);
  };
  if (words[0].starts_with('#')) {
    if (!take_header(std::move(words))) refuse("no such kind of domain");
    return;
  }
  const auto seconds = number_of(words[0]);
  const auto given_value = words.size() >= 3 ? number_of(words[2]) : std::nullopt;
  const auto given_error = words.size() >= 4 ? number_of(words[3]) : std::optional<double>(0);
  const bool is_joules = words.size() >= 3 && words[1] == "joules";
  if (!seconds || !given_value || !given_error || *given_error < 0 || words.size() > 4 ||
      (!is_joules && words[1] != "watts")) {
    return refuse("not a sample");
  }
  const double value = given_value.value_or(0), error = given_error.value_or(0);
  if (!is_monotonic_) {
    const double delay = seconds_of(clock_->now()) - *seconds;
    // A smaller delay than any before places all samples anew; windows are short beside that drift.
    if (offset_ && delay < *offset_) {
      const auto shift =
          std::chrono::nanoseconds(static_cast<std::int64_t>((delay - *offset_) * 1e9));
      for (Sample& sample : samples_) sample.time += shift;
    }
    offset_ = offset_ ? std::min(*offset_, delay) : delay;
  }
  Sample sample{.time = time_of(*seconds + offset_.value_or(0))};
  if (!samples_.empty() && sample.time <= samples_.back().time)
    return refuse("time does not advance");
  if (is_joules) {
    if (!first_joules_) first_joules_ = value;
    sample.joules = value - *first_joules_;
    sample.reading_error = error;
    if (!samples_.empty() && sample.joules < samples_.back().joules) {
      ++events_.resets;
      events_.last_oddity =
          fmt::format("went back from {} J", samples_.back().joules + *first_joules_);
    }
  } else {
    info_.energy_class = EnergyClass::derived;
    if (!samples_.empty()) {
      const double apart = Seconds(sample.time - samples_.back().time).count();
      sample.joules = samples_.back().joules + (last_watts_.value_or(value) + value) / 2 * apart;
      sample.summed_error = samples_.back().summed_error + error * apart;
    }
    last_watts_ = value;
  }
  if (!samples_.empty()) period_ = Seconds(sample.time - samples_.back().time).count();
  samples_.push_back(sample);
  if (samples_.size() > kMostKeptSamples) samples_.pop_front();
}

EnergySample LineMeter::read() {
  EnergySample sample;
  sample.before = clock_->now();
  take_what_arrived();
  sample.after = clock_->now();
  if (!samples_.empty() && !has_ended_) {
    sample.joules = Joules{samples_.back().joules};
  } else if (has_ended_) {
    ++events_.failed_reads;
    events_.last_error = command_ + ": it has ended";
  }
  return sample;
}

std::optional<ValueAt> LineMeter::value_at(SteadyTime instant, SteadyTime deadline) {
  for (;;) {
    take_what_arrived();
    if (!samples_.empty() && samples_.back().time >= instant) break;
    const SteadyTime now = clock_->now();
    if (has_ended_ || now >= deadline) return std::nullopt;
    pollfd waiting{output_.get(), POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count();
    ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 1, 50)));
  }
  const auto next =
      std::lower_bound(samples_.begin(), samples_.end(), instant,
                       [](const Sample& sample, SteadyTime time) { return sample.time < time; });
  if (next == samples_.begin()) return std::nullopt;
  const auto last = next - 1;
  const auto power_between = [](const Sample& a, const Sample& b) {
    return (b.joules - a.joules) / Seconds(b.time - a.time).count();
  };
  const double watts = power_between(*last, *next);
  const double apart = Seconds(next->time - last->time).count();
  const double since = Seconds(instant - last->time).count();
  // How unevenly the energy lay between the two samples: as far as power differs next to them.
  double uneven = 0;
  if (last != samples_.begin()) uneven = std::abs(watts - power_between(*(last - 1), *last));
  if (next + 1 != samples_.end())
    uneven = std::max(uneven, std::abs(watts - power_between(*next, *(next + 1))));
  const double placing = is_monotonic_ ? 0 : watts * kArrival.count();
  return ValueAt{.joules = Joules{last->joules + watts * since},
                 .error = Joules{next->reading_error + uneven * apart / 2 + std::abs(placing)},
                 .summed_error = Joules{last->summed_error +
                                        (next->summed_error - last->summed_error) * since / apart}};
}

CounterTraits LineMeter::traits() const {
  return {.period = Seconds(period_),
          .has_ticks = false,
          .settle = Seconds(3 * period_ + 0.5),
          .longest_gap = kArrival,
          .answers_later = true};
}

}  // namespace joulebench
