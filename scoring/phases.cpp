#include "scoring/phases.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace joulebench {
namespace {

SteadyTime later(SteadyTime time, Seconds by) {
  return time + std::chrono::duration_cast<SteadyTime::duration>(by);
}

PhaseEnergy between(std::string name, const EnergyTrace& trace, SteadyTime from, SteadyTime until) {
  PhaseEnergy phase{.name = std::move(name), .time = until - from, .joules = {}};
  const std::array instants = {until};
  if (const auto total = total_of(energy_since(trace, from, instants).front())) {
    phase.joules = total->joules;
  }
  return phase;
}

const TraceMark* mark_named(const EnergyTrace& trace, std::string_view name) {
  const auto found = std::find_if(trace.marks.begin(), trace.marks.end(),
                                  [&](const TraceMark& mark) { return mark.name == name; });
  return found == trace.marks.end() ? nullptr : &*found;
}

/// Those that the program named, each until the next one or the end of what was measured.
void add_named_phases(const EnergyTrace& trace, SteadyTime end, std::vector<PhaseEnergy>& phases) {
  constexpr std::string_view kPhase = "phase ";
  constexpr std::size_t kMost = 50;
  std::vector<const TraceMark*> named;
  for (const TraceMark& mark : trace.marks) {
    if (mark.name.starts_with(kPhase) && mark.time < end) named.push_back(&mark);
  }
  for (std::size_t i = 0; i < named.size() && i < kMost; ++i) {
    const SteadyTime until = i + 1 < named.size() ? named[i + 1]->time : end;
    phases.push_back(between(named[i]->name.substr(kPhase.size()), trace, named[i]->time, until));
    phases.back().is_part = true;
  }
}

}  // namespace

std::vector<PhaseEnergy> energy_by_phase(const BlockRecord& block, const EnergyTrace& trace) {
  const TraceMark* const ready = mark_named(trace, "ready");
  if (block.outcome != Outcome::valid || block.sandboxes > 0 || block.windows.empty() ||
      ready == nullptr) {
    return {};
  }
  const SteadyTime begin = block.windows.front().started;
  const SteadyTime end = later(block.windows.back().started, block.windows.back().wall);
  std::vector<PhaseEnergy> phases;
  phases.push_back(between("load", trace, later(ready->time, -block.load), ready->time));
  phases.push_back(between("warm-up", trace, ready->time, begin));
  const auto measured = total_of(block.energy);
  phases.push_back({.name = "measured", .time = block.measured, .joules = {}});
  if (measured) phases.back().joules = measured->joules;
  add_named_phases(trace, end, phases);
  const auto tail = total_of(block.tail_energy);
  phases.push_back({.name = "tail", .time = block.tail, .joules = {}});
  if (tail) phases.back().joules = tail->joules;
  return phases;
}

std::vector<PhaseEnergy> mean_phases(const std::vector<std::vector<PhaseEnergy>>& blocks) {
  std::vector<PhaseEnergy> sums;
  std::vector<std::size_t> counts;
  for (const std::vector<PhaseEnergy>& block : blocks) {
    for (const PhaseEnergy& phase : block) {
      auto sum = std::find_if(sums.begin(), sums.end(),
                              [&](const PhaseEnergy& one) { return one.name == phase.name; });
      if (sum == sums.end()) {
        sums.push_back(phase);
        counts.push_back(1);
        continue;
      }
      ++counts[static_cast<std::size_t>(sum - sums.begin())];
      sum->time += phase.time;
      sum->joules =
          sum->joules && phase.joules ? std::optional(*sum->joules + *phase.joules) : std::nullopt;
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double count = static_cast<double>(counts[i]);
    sums[i].time /= count;
    if (sums[i].joules) sums[i].joules->value /= count;
  }
  return sums;
}

}  // namespace joulebench
