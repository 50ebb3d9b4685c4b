#include "harness/block/metered_sandbox.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "harness/block/node_state.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// Quiet: at most this share of one CPU, over a look of this length.
constexpr double kQuietShare = 0.05;
constexpr Seconds kQuietLook{0.04};
// After a look that was not quiet the next is twice as long, up to this: a busy program that a
// loaded machine left without a CPU for a moment does not pass for a quiet one.
constexpr Seconds kLongestQuietLook{0.64};
constexpr Seconds kQuietPatience{10};
// Frozen between windows a program has nothing to do when it is thawed but to wait. What it uses
// all the same is charged; more than this, and than this share of the window's own CPU time, is
// work that no window measures. A pool of threads that was frozen while it spun down spins on for
// a moment: libgomp by count, some 10 ms a thread; others by the clock, OpenBLAS for 26 ms after
// its work, so that they end during a hold of this length.
constexpr Seconds kRestLimit{0.025};
constexpr double kRestShare = 0.05;
constexpr Seconds kLeastHold{0.03};
constexpr Seconds kFirstRestLook{0.0005};
// Idle power before and after a block may differ by this share (design.md 5.8).
constexpr double kIdleDrift = 0.05;
// Other programs' CPU time may be this share of the measured time (one CPU) before it is flagged.
constexpr double kForeignShare = 0.05;
constexpr Seconds kExitPatience{10};
// A counter that moves every millisecond says little about less.
constexpr Seconds kLongEnoughForJoules{0.02};
// Of the power trace. A round costs some 90 us where a model has filled the caches: at this period
// a quarter of the 0.1 % of a window that all of ours may take.
constexpr Seconds kTracePeriod{0.4};

Seconds own_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return Seconds(static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec));
}

void record_idle(BlockRecord& record, const std::vector<DomainEnergy>& energies, Seconds length,
                 bool before) {
  if (length.count() <= 0) return;
  for (const DomainEnergy& energy : energies) {
    if (!energy.joules) continue;
    auto same = std::find_if(record.idle.begin(), record.idle.end(), [&energy](const IdlePower& p) {
      return p.domain == energy.domain.name;
    });
    if (same == record.idle.end()) {
      record.idle.push_back({.domain = energy.domain.name, .before = {}, .after = {}});
      same = std::prev(record.idle.end());
    }
    (before ? same->before : same->after) = *energy.joules / length;
  }
}

}  // namespace

void MeteredSandbox::CpuTime::follow(Sandbox* sandbox) {
  const std::lock_guard lock(mutex_);
  before_ = last_ = read();
  sandbox_ = sandbox;
}

Seconds MeteredSandbox::CpuTime::now() {
  const std::lock_guard lock(mutex_);
  return last_ = read();
}

Seconds MeteredSandbox::CpuTime::read() const {
  if (sandbox_ == nullptr) return last_;
  const auto used = sandbox_->cpu_time();
  return used ? std::max(last_, before_ + *used) : last_;
}

MeteredSandbox::MeteredSandbox(const BlockSetting& setting)
    : setting_(setting),
      inputs_("in", setting.scratch),
      monitor_(setting.open_meters([this] { return cpu_.now(); }), setting.clock,
               {.sample_period = kTracePeriod}) {}

MeteredSandbox::~MeteredSandbox() {
  cpu_.follow(nullptr);
}

void MeteredSandbox::launch(const std::vector<SandboxMount>& mounts,
                            const std::map<std::string, std::string>& environment) {
  SandboxSpec spec;
  spec.command = setting_.submission.command;
  spec.root = setting_.root;
  spec.environment = setting_.submission.environment;
  // One entry may hold a model for each of several datasets.
  spec.environment["JOULEBENCH_DATASET"] = setting_.dataset.id;
  spec.environment["JOULEBENCH_PREDICTIONS"] = to_string(setting_.track.metric.predictions);
  for (const auto& [name, value] : environment) spec.environment[name] = value;
  spec.mounts = {{.host = setting_.staged, .inside = "/jb/submission", .writable = false},
                 {.host = inputs_.path(), .inside = "/jb/in", .writable = false}};
  spec.mounts.insert(spec.mounts.end(), mounts.begin(), mounts.end());
  spec.limits = setting_.track.limits;
  spec.cpus_before = setting_.cpus_before;
  spec.require_limits = setting_.require_limits;
  spec.hidden = setting_.dataset.hidden_paths();
  sandbox_.emplace(std::move(spec));
  cpu_.follow(&*sandbox_);
  session_.emplace(*sandbox_, setting_.clock, setting_.track.limits.wall,
                   setting_.track.limits.log_bytes, setting_.stopped);
}

void MeteredSandbox::load() {
  setting_.on_phase("loading");
  session_->await_ready(setting_.track.limits.load);
  monitor_.mark("ready");
}

void MeteredSandbox::await_quiet() {
  const SteadyTime give_up =
      setting_.clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(kQuietPatience);
  for (Seconds look = kQuietLook;; look = std::min(2 * look, kLongestQuietLook)) {
    const auto before = sandbox_->cpu_time();
    rest(look);
    session_->expect_silence();
    const auto after = sandbox_->cpu_time();
    const Seconds used = before && after ? *after - *before : Seconds(0);
    if (used <= kQuietShare * look && !sandbox_->is_runnable()) return;
    if (setting_.clock.now() >= give_up) {
      throw SubmissionFailure{
          Outcome::violation,
          fmt::format("the program computes while it waits for a request: {:.0f} % of a CPU in the "
                      "last {:g} of {:g} s, with threads that have work",
                      100 * used / look, look.count(), kQuietPatience.count())};
    }
  }
}

void MeteredSandbox::rest(Seconds time) {
  const SteadyTime end =
      setting_.clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(time);
  while (setting_.clock.now() < end) {
    if (setting_.stopped()) throw Interrupted{};
    setting_.clock.sleep_until(
        std::min(end, setting_.clock.now() + std::chrono::milliseconds(200)));
  }
}

// From the end of a window until the next is about to open nothing inside executes: what was
// answered stays as it is, and the CPU time between windows is what the program uses once thawed.
void MeteredSandbox::hold(std::optional<Seconds> cpu_at_end) {
  sandbox_->freeze();
  is_held_ = true;
  held_since_ = setting_.clock.now();
  held_at_ = cpu_at_end;
}

void MeteredSandbox::hold() {
  hold(sandbox_->cpu_time());
}

void MeteredSandbox::release() {
  if (!is_held_) return;
  is_held_ = false;
  sandbox_->thaw();
}

// Lets the program wait for its next request. Absent: it was not held, or nothing here can tell.
std::optional<Seconds> MeteredSandbox::make_ready() {
  if (!is_held_) {
    await_quiet();
    return std::nullopt;
  }
  rest(kLeastHold - (setting_.clock.now() - held_since_));
  release();
  auto before = sandbox_->cpu_time();
  for (Seconds look = kFirstRestLook; before && look <= kLongestQuietLook; look = 2 * look) {
    rest(look);
    session_->expect_silence();
    const auto after = sandbox_->cpu_time();
    // Who has work but no processor yet is looked at again: on a busy machine it used nothing.
    if (!after || (*after - *before <= kQuietShare * look && !sandbox_->is_runnable())) break;
    before = after;
  }
  const auto now = sandbox_->cpu_time();
  return now && held_at_ ? std::optional(*now - *held_at_) : std::nullopt;
}

void MeteredSandbox::check_rest(const WindowRecord& window) const {
  if (!window.rest_cpu) return;
  const Seconds share = kRestShare * window.submission_cpu.value_or(Seconds(0));
  // Where CPU time is counted in ticks, a program that did nothing may be charged one at either
  // end.
  const Seconds ticks = 2 * sandbox_->cpu_time_step();
  if (*window.rest_cpu <= std::max({kRestLimit, share, ticks})) return;
  throw SubmissionFailure{
      Outcome::violation,
      fmt::format("the program computes while it waits for a request: {:.2f} ms of CPU time before "
                  "a window that took {:.2f} ms; let its threads sleep when they have no work "
                  "(OMP_WAIT_POLICY=passive, KMP_BLOCKTIME=0)",
                  1e3 * window.rest_cpu->count(),
                  1e3 * window.submission_cpu.value_or(Seconds(0)).count())};
}

void MeteredSandbox::measure(BlockRecord& record, WindowRecord window,
                             const std::function<void()>& work) {
  window.rest_cpu = make_ready();
  const auto cpu_before = sandbox_->cpu_time();
  const auto machine_before = machine_cpu_time();
  const auto own_at_all = own_cpu_time();
  monitor_.begin_window();
  // The waits for the counters' edges lie outside the window.
  const auto own_before = own_cpu_time();
  work();
  window.harness_cpu = own_cpu_time() - own_before;
  WindowEnergy energy = monitor_.end_window();
  const auto cpu_after = sandbox_->cpu_time();
  hold(cpu_after);
  const Seconds own_with_edges = own_cpu_time() - own_at_all;
  const auto machine_after = machine_cpu_time();

  if (machine_before && machine_after && cpu_before && cpu_after) {
    foreign_cpu_ += *machine_after - *machine_before - (*cpu_after - *cpu_before) - own_with_edges;
  }
  if (cpu_before && cpu_after) window.submission_cpu = *cpu_after - *cpu_before;
  window.started = energy.started;
  window.wall = energy.wall();
  window.domains = std::move(energy.domains);
  record.measured += window.wall;
  record.samples += window.samples;
  if (energy.is_void) make_void(record, "a counter could not be read at an end of a window");
  for (Flag& flag : energy.flags) record.flags.push_back(std::move(flag));
  record.windows.push_back(std::move(window));
  check_rest(record.windows.back());
}

RequestCost MeteredSandbox::measure_apart(const std::function<void()>& work) {
  make_ready();
  const auto before = sandbox_->cpu_time();
  monitor_.begin_window();
  work();
  const WindowEnergy energy = monitor_.end_window();
  const auto after = sandbox_->cpu_time();
  hold(after);
  RequestCost cost{.wall = energy.wall()};
  if (before && after) cost.cpu = *after - *before;
  const auto total = total_of(energy.domains);
  if (!energy.is_void && total && energy.wall() >= kLongEnoughForJoules)
    cost.joules = total->joules;
  return cost;
}

void MeteredSandbox::flag_foreign_load(BlockRecord& record) const {
  const double share = foreign_cpu_ / record.measured;
  if (share > kForeignShare) {
    record.flags.push_back(
        {"foreign-load", fmt::format("other programs used {:.0f} % of a CPU while the submission "
                                     "was measured",
                                     100 * share)});
  }
}

void MeteredSandbox::watch_tail(BlockRecord& record) {
  setting_.on_phase("tail");
  const Seconds length = setting_.track.protocol.tail;
  if (length.count() > 0) {
    if (!sandbox_->cpu_time()) {
      record.flags.push_back({"no-cpu-time",
                              "the CPU time of the sandbox cannot be read here: work between "
                              "windows was not looked for"});
    }
    monitor_.begin_window();
    rest(length);
    WindowEnergy energy = monitor_.end_window();
    record.tail = energy.wall();
    record.tail_energy = std::move(energy.domains);
  }
  session_->expect_silence();
}

// A frozen program uses no CPU; a GPU may still work for it.
void MeteredSandbox::add_tail(BlockRecord& record) {
  for (const DomainEnergy& tail : record.tail_energy) {
    const auto idle = std::find_if(record.idle.begin(), record.idle.end(), [&](const IdlePower& p) {
      return p.domain == tail.domain.name;
    });
    if (!tail.joules || idle == record.idle.end() || !idle->before) continue;
    const double above = tail.joules->value - idle->before->value * record.tail.count();
    if (above <= std::max(tail.error.value, kIdleDrift * tail.joules->value)) continue;
    for (DomainEnergy& sum : record.energy) {
      if (sum.domain.name != tail.domain.name || !sum.joules) continue;
      sum.joules->value += above;
      sum.error += tail.error;
    }
  }
}

SandboxEnd MeteredSandbox::exit() {
  release();
  const SandboxEnd end = session_->exit(kExitPatience);
  cpu_.follow(nullptr);
  return end;
}

void MeteredSandbox::close() {
  is_held_ = false;
  cpu_.follow(nullptr);
  last_log_ = log_tail();
  session_.reset();
  sandbox_.reset();
}

void MeteredSandbox::measure_idle(BlockRecord& record, IdleMoment moment) {
  if (setting_.track.protocol.idle.count() <= 0) return;
  const bool is_before = moment == IdleMoment::before;
  setting_.on_phase(is_before ? "idle before" : "idle after");
  const SteadyTime start = setting_.clock.now();
  for (;;) {
    monitor_.begin_window();
    rest(setting_.track.protocol.idle);
    const WindowEnergy energy = monitor_.end_window();
    record_idle(record, energy.domains, energy.wall(), is_before);
    if (!is_before) return check_idle(record);
    const auto total = total_of(energy.domains);
    if (!setting_.reference_idle || !total) return;
    const Watts idle = total->joules / energy.wall();
    if (idle.value <= (1 + kIdleDrift) * setting_.reference_idle->value) return;
    record.cool_down = setting_.clock.now() - start;
    if (record.cool_down >= setting_.cool_down) {
      record.flags.push_back(
          {"not-cooled",
           fmt::format("idle power was {:.3g} W after {:.3g} s of waiting, and {:.3g} "
                       "W before the first block of the campaign",
                       idle.value, record.cool_down.count(), setting_.reference_idle->value)});
      return;
    }
    setting_.on_phase("cooling down");
  }
}

// Design.md 5.8: a machine whose idle power moved measured something besides the submission.
void MeteredSandbox::check_idle(BlockRecord& record) const {
  for (const IdlePower& power : record.idle) {
    const auto& domains = monitor_.domains();
    const bool counts = std::any_of(domains.begin(), domains.end(), [&power](const DomainInfo& d) {
      return d.name == power.domain && d.in_total;
    });
    if (!counts || !power.before || !power.after || power.before->value <= 0) continue;
    const double drift = *power.after / *power.before - 1;
    if (std::abs(drift) > kIdleDrift) {
      make_void(record, fmt::format("idle power of {} moved from {:.3g} W before to {:.3g} W after",
                                    power.domain, power.before->value, power.after->value));
    }
  }
}

Seconds MeteredSandbox::least_measured() const {
  const Protocol& protocol = setting_.track.protocol;
  const Seconds of_sensor = protocol.min_sensor_periods * monitor_.slowest_period();
  if (setting_.track.task == Task::train) return of_sensor;
  return std::max(protocol.min_block, of_sensor);
}

void MeteredSandbox::check_length(BlockRecord& record) const {
  const Seconds least = least_measured();
  if (setting_.track.task == Task::train) {
    if (record.measured >= least) return;
    make_void(record, fmt::format("the training took {:.3f} s; the slowest counter needs {:.3f} s "
                                  "({:g} of its updates, protocol.min_sensor_periods)",
                                  record.measured.count(), least.count(),
                                  setting_.track.protocol.min_sensor_periods));
  } else if (record.measured < std::min(least, setting_.track.protocol.max_block)) {
    make_void(record, fmt::format("measured for {:.3f} s, where at least {:.3f} s was expected",
                                  record.measured.count(), least.count()));
  }
}

void MeteredSandbox::make_void(BlockRecord& record, const std::string& why) {
  record.outcome = Outcome::voided;
  record.message += (record.message.empty() ? "" : "; ") + why;
}

}  // namespace joulebench
