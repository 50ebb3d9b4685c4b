#include "harness/meter/measure.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <set>
#include <string>

#include "core/error.h"

namespace joulebench {
namespace {

Seconds waited_for_cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return Seconds(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

[[noreturn]] void refuse_without_meters(const std::vector<MissingSource>& missing) {
  // Many zones are refused alike: the first of a kind stands for all, and each remedy is said once.
  std::string where, hint;
  std::set<std::string> kinds, remedies;
  for (const MissingSource& source : missing) {
    const std::string kind = source.source.substr(0, source.source.find(':'));
    if (kinds.insert(kind).second) {
      where += fmt::format("{}{}: {}", where.empty() ? "" : "; ", source.source, source.reason);
    }
    if (remedies.insert(source.remedy).second) {
      hint += fmt::format("{}{}", hint.empty() ? "" : "; or: ", source.remedy);
    }
  }
  throw Error({.what = "no energy counter can be read",
               .where = where.empty()
                            ? "the meters that were asked for have no counter for the total"
                            : where,
               .hint = hint.empty() ? "see joulebench doctor" : hint});
}

EnergyTotal net_of(const EnergyTotal& total, const EnergyTotal& idle, Seconds wall,
                   Seconds idle_wall) {
  const double share = wall / idle_wall;
  return {.joules = total.joules - idle.joules * share,
          .error = total.error + idle.error * share,
          .energy_class = worse(total.energy_class, idle.energy_class)};
}

bool was_ended_by_us(const ChildEnd& end) {
  return end.signal == SIGINT || end.signal == SIGTERM || end.signal == SIGHUP;
}

// One run in a window of its own. `command` holds the program while it runs: meters look at it.
// Errors: Error when its energy is not known.
MeasuredRun measure_once(const std::vector<std::string>& words, EnergyMonitor& monitor,
                         std::optional<MeasuredCommand>& command) {
  command.emplace(words);
  monitor.begin_window();
  command->release();
  MeasuredRun run;
  run.end = command->wait();
  run.energy = monitor.end_window();
  command->throw_if_not_executed();
  command.reset();
  if (run.energy.is_void) {
    throw Error(
        {.what = "the energy of the command could not be measured",
         .where = run.energy.flags.empty() ? "" : run.energy.flags.front().detail,
         .hint = fmt::format("the command itself ended with status {}; measure it again, and see "
                             "joulebench doctor",
                             run.end.exit_status)});
  }
  run.total = total_of(run.energy.domains);
  if (run.total) return run;
  std::string absent;
  for (const DomainEnergy& energy : run.energy.domains) {
    if (!energy.domain.in_total || energy.joules) continue;
    absent += (absent.empty() ? "" : ", ") + energy.domain.name;
  }
  run.energy.flags.push_back({"incomplete", "there is no total without " + absent});
  return run;
}

}  // namespace

Summary summary_of(const std::vector<double>& figures) {
  return {.mean = mean_of(figures, 0.95), .median = median_of(figures)};
}

Measurement measure(const MeasureRequest& request, Clock& clock) {
  std::optional<MeasuredCommand> command;
  MeterRequest meter_request = request.meters;
  meter_request.cpu_time = [&command] {
    return waited_for_cpu_time() + (command ? command->cpu_time() : Seconds{0});
  };
  OpenedMeters opened = open_meters(meter_request, clock);
  Measurement result{.command = request.command, .missing = std::move(opened.missing)};
  if (opened.total_formula.empty()) refuse_without_meters(result.missing);

  EnergyMonitor monitor(std::move(opened.meters), clock, {.sample_period = request.sample_period});
  if (request.idle > Seconds{0}) {
    monitor.begin_window();
    clock.sleep_until(clock.now() +
                      std::chrono::duration_cast<std::chrono::nanoseconds>(request.idle));
    result.idle = monitor.end_window();
  }
  const auto idle_total = result.idle ? total_of(result.idle->domains) : std::nullopt;
  for (int i = 0; i < request.warmup; ++i) {
    command.emplace(request.command);
    command->release();
    const ChildEnd end = command->wait();
    command->throw_if_not_executed();
    command.reset();
    if (was_ended_by_us(end)) {
      result.exit_status = end.exit_status;
      return result;
    }
  }
  std::vector<double> walls, joules;
  for (int i = 0; i < request.repeat; ++i) {
    MeasuredRun run = measure_once(request.command, monitor, command);
    if (run.total && idle_total) {
      run.net = net_of(*run.total, *idle_total, run.energy.wall(), result.idle->wall());
    }
    walls.push_back(run.energy.wall().count());
    if (run.total) joules.push_back(run.total->joules.value);
    if (result.exit_status == 0) result.exit_status = run.end.exit_status;
    const bool interrupted = was_ended_by_us(run.end);
    result.runs.push_back(std::move(run));
    if (interrupted) {
      if (i + 1 < request.repeat) {
        result.flags.push_back(
            {"interrupted", fmt::format("{} of {} runs were made", i + 1, request.repeat)});
      }
      break;
    }
  }
  result.wall_s = summary_of(walls);
  if (!joules.empty()) result.joules = summary_of(joules);
  result.cost = monitor.cost();
  result.trace = monitor.take_trace();
  return result;
}

}  // namespace joulebench
