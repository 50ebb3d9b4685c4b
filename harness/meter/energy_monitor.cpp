#include "harness/meter/energy_monitor.h"

#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/container/static_vector.hpp>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "harness/meter/edge.h"

namespace joulebench {
namespace {

using namespace std::chrono_literals;

constexpr Seconds kEdgeWait{0.003};    // longest wait for a counter to move
constexpr Seconds kQualityWait{0.05};  // and for one that was well seen to move, on a busy machine
constexpr Seconds kPolledPeriod{0.003};  // slower counters are not waited for
constexpr Seconds kSlowestPeriod{1};     // and even slower ones not at all
constexpr Seconds kNap{0.001};
constexpr Seconds kTelemetryPeriod{0.1};
constexpr std::size_t kMostReadings = std::size_t{1} << 15;  // of power and temperature
constexpr Seconds kFreshTick{150e-6};  // older ones are not "right at the edge" any more
// Uncertainties are half widths of uniform distributions: 1.13 times the root of their squares' sum
// holds 95 % when they are independent. More, since the tick at an end counts twice in part, in the
// value and in the power behind it, and since a processor that is put aside reads late.
constexpr double kCoverageFactor = 1.8;
// Before it is known what a tight bracket is: the first reads of all take longer than those after.
constexpr int kFirstPolls = 24;
constexpr Seconds kStandsStill{0.05};  // a package that uses nothing for so long is broken
constexpr Seconds kShortestSamplePeriod{0.001};
constexpr std::size_t kMostSamples = std::size_t{1} << 17;  // 5 MB; beyond, the trace is thinned
constexpr int kMostPolls = 200'000;                         // ends a wait whose clock stands still

SteadyTime middle_of(const EnergySample& sample) {
  return sample.before + (sample.after - sample.before) / 2;
}

Seconds cpu_time_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

/// The median of the last figures; room is taken once.
class RecentMedian {
 public:
  void add(double figure) {
    figures_[next_++ % figures_.size()] = static_cast<float>(figure);
    size_ = std::min(size_ + 1, figures_.size());
  }
  bool empty() const { return size_ == 0; }
  double median() const { return median_of_deviations(0); }
  double median_of_deviations(double from) const {
    if (size_ == 0) return 0;
    std::array<float, 64> sorted;
    std::transform(figures_.begin(), figures_.begin() + static_cast<std::ptrdiff_t>(size_),
                   sorted.begin(), [from](float figure) {
                     const double away = static_cast<double>(figure) - from;
                     return static_cast<float>(away < 0 ? -away : away);
                   });
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(size_);
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(size_ / 2);
    std::nth_element(sorted.begin(), at, end);
    return static_cast<double>(*at);
  }

 private:
  std::array<float, 64> figures_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

/// Where a window began for one domain.
struct WindowStart {
  std::optional<Joules> last;  // the plain reading
  SteadyTime looked{};         // when that began
  Tick tick;
  bool is_seen = false;  // the tick was; else it is only known to be less than a period old
  std::optional<Slope> slope;
  CounterEvents events;
};

/// The last few ticks, oldest first; takes no memory of its own.
using Ticks = boost::container::static_vector<Tick, 8>;

/// One meter and what is known of it.
struct Track {
  explicit Track(std::unique_ptr<EnergyMeter> opened)
      : meter(std::move(opened)), info(meter->domain()), traits(meter->traits()) {}

  std::unique_ptr<EnergyMeter> meter;
  DomainInfo info;
  CounterTraits traits;

  EnergySample last;         // the last reading that succeeded
  bool failed_last = false;  // the reading after it failed
  SteadyTime last_change{};  // end of the reading that showed the value of `last` first
  Seconds longest_still{0};  // within this window
  double spacing = 0;        // seconds between polls, roughly their running median
  double read_cost = 0;      // seconds, likewise

  Ticks ticks;    // of this edge, oldest first
  int polls = 0;  // since they were forgotten
  WindowStart start;

  RecentMedian read_costs;
  RecentMedian periods;

  /// Moves so often that an edge can be waited for without a pause.
  bool is_polled() const {
    return traits.has_ticks && traits.period > Seconds{0} && traits.period <= kPolledPeriod;
  }
  /// Moves seldom: its edges are waited for with naps between the readings.
  bool is_slow() const {
    return traits.has_ticks && traits.period > kPolledPeriod && traits.period <= kSlowestPeriod;
  }
  Seconds period() const { return periods.empty() ? traits.period : Seconds(periods.median()); }
  bool is_tight(const Tick& tick) const {
    return Seconds(tick.latest - tick.earliest).count() <= 2 * spacing;
  }
  std::size_t tight_ticks() const {
    std::size_t tight = 0;
    for (const Tick& tick : ticks) tight += is_tight(tick) ? 1u : 0u;
    return tight;
  }
  void forget_ticks() {
    ticks.clear();
    polls = 0;
  }
  /// Several readings, and the counter has stood still since `since` for the longest wait.
  bool is_silent(SteadyTime since) const {
    return polls >= 8 && stood_still_since(std::max(since, last_change)) >= kEdgeWait;
  }
  /// For how long the counter is known to have stood still: a reading that took long may have
  /// looked as soon as it began.
  Seconds stood_still_since(SteadyTime instant) const { return last.before - instant; }

  /// One reading; true when the counter moved.
  bool poll() {
    ++polls;
    const EnergySample sample = meter->read();
    const double cost = Seconds(sample.after - sample.before).count();
    read_costs.add(cost);
    read_cost = read_cost == 0 ? cost : read_cost + (cost > read_cost ? read_cost : -read_cost) / 8;
    failed_last = !sample.joules;
    if (failed_last) return false;
    const SteadyTime now = middle_of(sample);
    bool moved = false;
    if (last.joules) {
      const SteadyTime before = middle_of(last);
      const double apart = Seconds(now - before).count();
      if (apart < std::max(0.001, 0.1 * traits.period.count())) {
        spacing = spacing == 0 ? apart : spacing + (apart > spacing ? spacing : -spacing) / 8;
      }
      moved = *sample.joules != *last.joules;
      if (moved) {
        // The register was looked at in the middle of a read, more or less; of a read that took
        // longer than usual (we were put aside) nobody knows when.
        add_tick({before - unusual(last), now + unusual(sample), *sample.joules});
      }
    }
    const bool is_first = !last.joules;
    last = sample;
    if (moved || is_first) {
      last_change = sample.after;
    } else {
      longest_still = std::max(longest_still, stood_still_since(last_change));
    }
    return moved;
  }

  /// By how much half a read took longer than such reads usually do.
  std::chrono::nanoseconds unusual(const EnergySample& sample) const {
    const double more = Seconds(sample.after - sample.before).count() - 1.5 * read_cost;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(0.0, more) * 0.5e9));
  }

  /// The tight ticks, oldest first.
  Ticks good_ticks() const {
    Ticks good;
    for (const Tick& tick : ticks) {
      if (is_tight(tick)) good.push_back(tick);
    }
    return good;
  }

  /// Two tight ticks, as far apart as the first is from `instant`: the power between them is drawn
  /// out over that distance. The second is there a period later unless a processor was put aside.
  bool tell_value_at(SteadyTime instant) const {
    const Ticks good = good_ticks();
    return good.size() >= 2 &&
           (good.size() == good.capacity() ||
            good.back().middle() - good.front().middle() >= good.front().middle() - instant);
  }

  /// The first or last of the good ticks, or else the narrowest. Without any the last reading says
  /// that the counter moved to its value at most one period before.
  Tick best_tick(const Ticks& good, bool first) const {
    if (!good.empty()) return first ? good.front() : good.back();
    if (!ticks.empty()) {
      return *std::min_element(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) {
        return a.half_width() < b.half_width();
      });
    }
    const SteadyTime now = middle_of(last);
    const auto one_period = std::chrono::duration_cast<std::chrono::nanoseconds>(period());
    return {now - one_period, now, *last.joules};
  }

 private:
  void add_tick(const Tick& tick) {
    if (!ticks.empty() && is_tight(tick) && is_tight(ticks.back())) {
      periods.add(Seconds(tick.middle() - ticks.back().middle()).count());
    }
    if (ticks.size() == ticks.capacity()) ticks.erase(ticks.begin());
    ticks.push_back(tick);
  }
};

bool always_draws_power(DomainKind kind) {
  return kind == DomainKind::cpu_package || kind == DomainKind::dram || kind == DomainKind::psys ||
         kind == DomainKind::gpu;
}

}  // namespace

std::string total_formula_of(const std::vector<DomainInfo>& domains) {
  std::string formula;
  for (const DomainInfo& domain : domains) {
    if (!domain.in_total) continue;
    if (!formula.empty()) formula += " + ";
    formula += domain.name;
    if (domain.kind == DomainKind::model && domain.source.starts_with("model:")) {
      formula += fmt::format(" (CPU seconds x {} W)", domain.source.substr(6));
    }
  }
  return formula;
}

struct EnergyMonitor::State {
  State(std::vector<std::unique_ptr<EnergyMeter>> meters, Clock& a_clock, Options the_options)
      : clock(a_clock), options(the_options) {
    for (auto& meter : meters) {
      tracks.emplace_back(std::move(meter));
      infos.push_back(tracks.back().info);
    }
    // The edge is that of what counts in the total, packages first.
    for (Track& track : tracks) {
      if (!track.is_polled()) continue;
      const auto weight = [](const Track& t) {
        return t.info.in_total ? (t.info.kind == DomainKind::cpu_package ? 2 : 1) : 0;
      };
      if (primary == nullptr || weight(track) > weight(*primary)) primary = &track;
    }
    for (Track& track : tracks) {
      if (track.is_slow()) slow.push_back(&track);
      if (&track == primary || !track.is_polled()) continue;
      (track.info.in_total ? beside : telemetry).push_back(&track);
    }
    samples.reserve(std::min(kMostSamples, 64 * std::max<std::size_t>(tracks.size(), 1)));
    for (Track& track : tracks) read(track);
  }

  bool read(Track& track) {
    ++reads;
    return track.poll();
  }

  void take_round() {
    for (Track& track : tracks) {
      read(track);
      track.forget_ticks();  // readings far apart bracket nothing
    }
    take_asides();
    ++rounds;
    if (rounds % keep_every != 0) return;
    store_round();
  }

  /// The last reading of every domain as one round of the trace.
  void store_round() {
    if (tracks.empty()) return;
    if (samples.size() + tracks.size() > kMostSamples) thin();
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      EnergySample sample = tracks[i].last;
      if (tracks[i].failed_last) {
        sample.before = sample.after = clock.now();
        sample.joules.reset();
      }
      sample.domain = static_cast<std::uint32_t>(i);
      samples.push_back(sample);
    }
  }

  void thin() {
    const std::size_t width = tracks.size();
    std::size_t kept = 0;
    for (std::size_t round = 0; round * width < samples.size(); round += 2, ++kept) {
      for (std::size_t i = 0; i < width; ++i)
        samples[kept * width + i] = samples[round * width + i];
    }
    samples.resize(kept * width);
    keep_every *= 2;
  }

  Seconds next_period() const {
    Seconds period = options.sample_period;
    for (const Track& track : tracks) {
      const CounterTraits traits = track.meter->traits();
      if (traits.longest_gap > Seconds{0}) period = std::min(period, traits.longest_gap);
      if (!traits.wraps_at || traits.likely_most.value <= 0) continue;
      period = std::min(period, Seconds(0.4 * traits.wraps_at->value / traits.likely_most.value));
    }
    return std::max(period, kShortestSamplePeriod);
  }

  void sampling_thread() {
    // A wrap must not be missed because all processors are busy; where we may not, it goes on as it
    // is.
    const auto self = static_cast<id_t>(::gettid());
    ::setpriority(PRIO_PROCESS, self, std::max(-20, ::getpriority(PRIO_PROCESS, self) - 10));
    std::unique_lock stop_lock(stop_mutex);
    auto next = std::chrono::steady_clock::now();
    Seconds period = next_period();
    while (!stopping) {
      next += std::chrono::duration_cast<std::chrono::nanoseconds>(period);
      next = std::max(next, std::chrono::steady_clock::now());
      if (stop.wait_until(stop_lock, next, [this] { return stopping; })) break;
      // The thread that waits at an edge reads by itself; to wait for it here would make its unlock
      // slow.
      if (const std::unique_lock lock(mutex, std::try_to_lock); lock) {
        take_round();
        period = next_period();
      }
    }
  }

  /// Polls until `done()` or `deadline`, the primary counter twice as often as all others together.
  template <class Done>
  void poll_until(SteadyTime deadline, Done done) {
    std::size_t turn = 0;
    for (int polls = 0; polls < kMostPolls; ++polls) {
      if (primary != nullptr) read(*primary);
      if (done()) return;
      // What does not count in the total gets every eighth turn: it must not blur the others.
      ++turn;
      auto& group = telemetry.empty() || (turn % 8 != 0 && !beside.empty()) ? beside : telemetry;
      if (!group.empty()) read(*group[turn % group.size()]);
      if (clock.now() >= deadline) return;
    }
  }

  /// The same for the slow counters, with naps.
  template <class Done>
  void nap_until(SteadyTime deadline, Done done) {
    for (int polls = 0; polls < kMostPolls; ++polls) {
      for (Track* track : slow) read(*track);
      const SteadyTime now = clock.now();
      if (now >= deadline || std::all_of(slow.begin(), slow.end(), done)) return;
      clock.sleep_until(now + ns(kNap));
    }
  }

  Seconds longest_slow_period() const {
    Seconds longest{0};
    for (const Track* track : slow) longest = std::max(longest, track->traits.period);
    return longest;
  }

  void take_asides() {
    const SteadyTime now = clock.now();
    if (now < next_aside) return;
    next_aside = now + ns(kTelemetryPeriod);
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      const auto reading = tracks[i].meter->read_telemetry();
      if (!reading || readings.size() >= kMostReadings) continue;
      readings.push_back(
          {static_cast<std::uint32_t>(i), reading->time, reading->watts, reading->celsius});
    }
  }

  std::chrono::nanoseconds ns(Seconds time) const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time);
  }

  void begin();
  void await_edges(SteadyTime ended);
  void await_slow(SteadyTime ended);
  WindowEnergy end();
  DomainEnergy domain_energy(Track& track, SteadyTime ended, bool& is_void) const;

  Clock& clock;
  Options options;
  std::vector<Track> tracks;
  std::vector<DomainInfo> infos;
  // Whose edges are waited for: one counter of the total, the rest of the total, and all others.
  Track* primary = nullptr;
  std::vector<Track*> beside, telemetry;
  std::vector<Track*> slow;  // waited for before and after these

  std::mutex mutex;  // over all that follows, and the meters
  std::vector<EnergySample> samples;
  std::vector<TraceMark> marks;
  std::vector<TraceReading> readings;
  SteadyTime next_aside{};
  std::uint64_t reads = 0;
  std::uint64_t rounds = 0;
  std::uint64_t keep_every = 1;
  bool window_open = false;
  SteadyTime window_started{};
  Seconds edge_cpu{0};
  bool is_calibrated = false;

  std::mutex stop_mutex;
  std::condition_variable stop;
  bool stopping = false;
  std::thread sampler;
};

// Nothing is allocated or waited for between the edge and the return.
void EnergyMonitor::State::begin() {
  if (window_open) throw std::logic_error("bug: a window is open already");
  const Seconds cpu_before = cpu_time_of(CLOCK_THREAD_CPUTIME_ID);
  if (samples.capacity() - samples.size() < tracks.size()) samples.reserve(2 * samples.capacity());
  for (Track& track : tracks) {
    track.start = {};
    track.start.events = track.meter->events();
    read(track);
    track.forget_ticks();  // since the last reading, long ago
  }
  if (!slow.empty()) {
    const std::size_t wanted = is_calibrated ? 1 : 2;
    nap_until(clock.now() + ns(1.5 * static_cast<double>(wanted) * longest_slow_period()),
              [wanted](const Track* track) { return track->tight_ticks() >= wanted; });
  }
  if (primary != nullptr) {
    // One tick, just now: the power between it and the start is that of two ticks at the end.
    const SteadyTime started = clock.now();
    poll_until(started + ns(kQualityWait), [&] {
      const bool moves = !primary->ticks.empty();
      if (!moves) return primary->is_silent(started);
      if (!primary->is_tight(primary->ticks.back())) return false;
      if (Seconds(middle_of(primary->last) - primary->ticks.back().latest) > kFreshTick)
        return false;
      if (!is_calibrated && primary->polls < kFirstPolls) return false;
      if (clock.now() >= started + ns(kEdgeWait)) return true;
      return std::all_of(beside.begin(), beside.end(), [](const Track* track) {
        return track->tight_ticks() >= 1 || track->failed_last;
      });
    });
  }
  is_calibrated = true;
  for (Track& track : tracks) {
    if (!track.is_polled() && !track.is_slow()) read(track);
    track.longest_still = Seconds{0};
  }
  store_round();
  edge_cpu += cpu_time_of(CLOCK_THREAD_CPUTIME_ID) - cpu_before;
  for (Track& track : tracks) {
    if (track.failed_last) continue;
    track.start.last = track.last.joules;
    track.start.looked = track.last.before;
    const Ticks good = track.good_ticks();
    track.start.tick = track.best_tick(good, false);
    track.start.is_seen = !good.empty();
    track.start.slope = slope_of({good.data(), good.size()}, track.traits.quantum);
  }
  window_open = true;
  window_started = clock.now();
}

// Reads until each polled counter tells what it had at `ended`.
void EnergyMonitor::State::await_edges(SteadyTime ended) {
  // Two ticks: where the counter stood, and the power that flows now that the work is over.
  poll_until(ended + ns(kQualityWait), [&] {
    const bool late = clock.now() > ended + ns(kEdgeWait);
    const auto is_done = [&](const Track& track) {
      return track.tell_value_at(ended) || (late && (track.failed_last || track.is_silent(ended)));
    };
    return is_done(*primary) && std::all_of(beside.begin(), beside.end(),
                                            [&](const Track* track) { return is_done(*track); });
  });
  // A counter that should have moved and did not is watched until its silence means something.
  const auto is_still = [&](const Track& track) {
    return track.is_polled() && track.info.in_total && always_draws_power(track.info.kind) &&
           !track.failed_last && track.stood_still_since(track.last_change) > kEdgeWait / 2;
  };
  const auto undecided = [&] {
    return std::any_of(tracks.begin(), tracks.end(), [&](const Track& track) {
      return is_still(track) && track.longest_still < kStandsStill;
    });
  };
  if (undecided()) poll_until(ended + ns(2 * kStandsStill), [&] { return !undecided(); });
}

// The same of counters that are seldom renewed.
void EnergyMonitor::State::await_slow(SteadyTime ended) {
  // Until what was used has arrived, and two ticks more.
  Seconds longest{0};
  for (const Track* track : slow) {
    longest = std::max(longest, track->traits.settle + 3.5 * track->traits.period);
  }
  nap_until(ended + ns(longest), [&](const Track* track) {
    const SteadyTime settled = ended + ns(track->traits.settle);
    return std::count_if(track->ticks.begin(), track->ticks.end(), [&](const Tick& tick) {
             return track->is_tight(tick) && tick.earliest >= settled;
           }) >= 2;
  });
  for (Track* track : slow) {
    const SteadyTime settled = ended + ns(track->traits.settle);
    const auto early = [&](const Tick& tick) { return tick.earliest < settled; };
    track->ticks.erase(std::remove_if(track->ticks.begin(), track->ticks.end(), early),
                       track->ticks.end());
  }
}

WindowEnergy EnergyMonitor::State::end() {
  const SteadyTime ended = clock.now();
  if (!window_open) throw std::logic_error("bug: no window is open");
  const Seconds cpu_before = cpu_time_of(CLOCK_THREAD_CPUTIME_ID);
  window_open = false;
  for (Track& track : tracks) {
    read(track);
    track.forget_ticks();  // within the window
  }
  if (primary != nullptr) await_edges(ended);
  if (!slow.empty()) await_slow(ended);
  store_round();

  WindowEnergy window{.started = window_started, .ended = ended};
  window.total_formula = total_formula_of(infos);
  for (Track& track : tracks) {
    bool is_void = false;
    window.domains.push_back(domain_energy(track, ended, is_void));
    if (is_void) {
      window.is_void = true;
      window.flags.push_back(
          {"void", fmt::format("{} could not be read at an end of the window: {}", track.info.name,
                               track.meter->events().last_error)});
    }
  }
  if (window.is_void) {
    for (DomainEnergy& energy : window.domains) energy.joules.reset();
  }
  edge_cpu += cpu_time_of(CLOCK_THREAD_CPUTIME_ID) - cpu_before;
  return window;
}

DomainEnergy EnergyMonitor::State::domain_energy(Track& track, SteadyTime ended,
                                                 bool& is_void) const {
  DomainEnergy energy{.domain = track.info};
  const CounterEvents events = track.meter->events();
  const CounterEvents& earlier = track.start.events;
  const auto flag = [&](const char* name, std::string detail) {
    energy.flags.push_back({name, std::move(detail)});
  };
  if (const auto failed = events.failed_reads - earlier.failed_reads; failed > 0) {
    flag("gap", fmt::format("{} could not be read {} times: {}", track.info.source, failed,
                            events.last_error));
  }
  if (track.info.energy_class == EnergyClass::unavailable) {
    energy.flags.push_back({"unavailable", events.last_error});
    return energy;
  }
  std::optional<ValueAt> from_later, to_later;
  if (track.traits.answers_later) {
    const SteadyTime deadline = clock.now() + ns(track.meter->traits().settle);
    from_later = track.meter->value_at(window_started, deadline);
    to_later = track.meter->value_at(ended, deadline);
  }
  if (track.traits.answers_later ? !from_later || !to_later
                                 : !track.start.last || track.failed_last) {
    is_void = track.info.in_total;
    if (!is_void) energy.domain.energy_class = EnergyClass::unavailable;
    return energy;
  }
  const auto suspect = [&](const char* name, std::string detail) {
    flag(name, std::move(detail));
    energy.domain.energy_class = worse(energy.domain.energy_class, EnergyClass::suspect);
  };
  const auto oddity = [&] { return fmt::format("{} {}", track.info.source, events.last_oddity); };
  if (events.resets > earlier.resets) suspect("reset", oddity());
  if (events.double_wraps > earlier.double_wraps) suspect("double-wrap", oddity());
  if (events.foreign > earlier.foreign) suspect("foreign-process", oddity());
  if (events.implausible > earlier.implausible) suspect("implausible", oddity());
  const Seconds still_limit = std::max(kStandsStill, 20.0 * track.period());
  if (always_draws_power(track.info.kind) && track.longest_still >= still_limit) {
    suspect("frozen", fmt::format("{} stood still for {:.0f} ms", track.info.source,
                                  track.longest_still.count() * 1000));
  }

  if (from_later && to_later) {
    energy.joules = to_later->joules - from_later->joules;
    energy.error =
        from_later->error + to_later->error + (to_later->summed_error - from_later->summed_error);
    return energy;
  }
  const Joules quantum = track.traits.quantum;
  const Seconds wall = ended - window_started;
  const Joules plain = *track.last.joules - *track.start.last;
  const Watts mean = wall > Seconds{0} ? plain / wall : Watts{};

  if (!track.is_polled() && !track.is_slow()) {
    // Always current, or without edges: at each end up to one period is missing, evenly
    // likely, and what flowed between a reading and the window is in.
    const Seconds beyond = (window_started - track.start.looked) + (track.last.after - ended);
    energy.joules = plain;
    energy.error =
        mean * (track.period() * 0.78 + beyond) + quantum + plain * track.traits.gain_error;
    return energy;
  }
  const Ticks after = track.good_ticks();
  const std::optional<Slope> slope_after = slope_of({after.data(), after.size()}, quantum);
  const Slope unknown{mean, mean};
  const Slope start_slope = track.start.slope.value_or(slope_after.value_or(unknown));
  const Slope end_slope = slope_after.value_or(track.start.slope.value_or(unknown));
  const EdgeValue from = value_at(window_started, track.start.tick, start_slope, quantum);
  const EdgeValue to = value_at(ended, track.best_tick(after, true), end_slope, quantum);
  energy.joules = std::max(Joules{0}, to.joules - from.joules);
  energy.error = Joules{kCoverageFactor * std::hypot(from.error.value, to.error.value) +
                        std::abs(energy.joules->value) * track.traits.gain_error};
  if (track.info.in_total && (!track.start.is_seen || after.empty())) {
    flag("no-edge", fmt::format("{} did not move within {:.0f} ms of an end of the window",
                                track.info.source, kEdgeWait.count() * 1000));
  }
  return energy;
}

EnergyMonitor::EnergyMonitor(std::vector<std::unique_ptr<EnergyMeter>> meters, Clock& clock,
                             Options options)
    : state_(std::make_unique<State>(std::move(meters), clock, options)) {
  if (options.background && !state_->tracks.empty()) {
    state_->sampler = std::thread([state = state_.get()] { state->sampling_thread(); });
  }
}

EnergyMonitor::~EnergyMonitor() {
  {
    const std::lock_guard lock(state_->stop_mutex);
    state_->stopping = true;
  }
  state_->stop.notify_all();
  if (state_->sampler.joinable()) state_->sampler.join();
}

const std::vector<DomainInfo>& EnergyMonitor::domains() const {
  return state_->infos;
}

Seconds EnergyMonitor::slowest_period() const {
  const std::lock_guard lock(state_->mutex);
  Seconds slowest{0};
  for (const Track& track : state_->tracks) {
    if (track.info.in_total) slowest = std::max(slowest, track.period());
  }
  return slowest;
}

std::vector<CounterStatistics> EnergyMonitor::statistics() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<CounterStatistics> statistics;
  for (const Track& track : state_->tracks) {
    const double period = track.periods.median();
    statistics.push_back({Seconds(period), Seconds(track.periods.median_of_deviations(period)),
                          Seconds(track.read_costs.median())});
  }
  return statistics;
}

void EnergyMonitor::calibrate(Seconds time) {
  const std::lock_guard lock(state_->mutex);
  if (state_->primary == nullptr) return;
  const SteadyTime until = state_->clock.now() + state_->ns(time);
  state_->poll_until(until, [] { return false; });
  state_->is_calibrated = true;
}

void EnergyMonitor::begin_window() {
  const std::lock_guard lock(state_->mutex);
  state_->begin();
}

WindowEnergy EnergyMonitor::end_window() {
  const std::lock_guard lock(state_->mutex);
  return state_->end();
}

void EnergyMonitor::mark(std::string name) {
  const SteadyTime now = state_->clock.now();
  const std::lock_guard lock(state_->mutex);
  state_->marks.push_back({now, std::move(name)});
}

EnergyTrace EnergyMonitor::take_trace() {
  const std::lock_guard lock(state_->mutex);
  EnergyTrace trace{.domains = state_->infos};
  trace.samples.swap(state_->samples);
  trace.marks.swap(state_->marks);
  trace.readings.swap(state_->readings);
  state_->keep_every = 1;
  return trace;
}

MeterCost EnergyMonitor::cost() const {
  const std::lock_guard lock(state_->mutex);
  RecentMedian medians;
  for (const Track& track : state_->tracks) medians.add(track.read_costs.median());
  // Asked here and not by the thread: once a round it cost a fifth of the round.
  clockid_t sampler_clock{};
  const bool samples =
      state_->sampler.joinable() &&
      ::pthread_getcpuclockid(state_->sampler.native_handle(), &sampler_clock) == 0;
  return {.cpu = samples ? cpu_time_of(sampler_clock) : Seconds{0},
          .edge_cpu = state_->edge_cpu,
          .reads = state_->reads,
          .read_median = Seconds(medians.median())};
}

void EnergyMonitor::sample() {
  const std::lock_guard lock(state_->mutex);
  state_->take_round();
}

}  // namespace joulebench
