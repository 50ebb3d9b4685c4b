#include "campaign/drift.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/statistics.h"

namespace joulebench {
namespace {

struct TimedBlock {
  std::size_t run = 0;
  const BlockRecord* block = nullptr;
};

// ISO 8601 sorts as text; blocks of one millisecond never occur.
std::vector<TimedBlock> valid_in_time(std::span<const RunRecord* const> records) {
  std::vector<TimedBlock> blocks;
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (const BlockRecord& block : records[i]->blocks) {
      if (block.outcome == Outcome::valid) blocks.push_back({i, &block});
    }
  }
  std::stable_sort(blocks.begin(), blocks.end(), [](const TimedBlock& a, const TimedBlock& b) {
    return a.block->started_at_utc < b.block->started_at_utc;
  });
  return blocks;
}

}  // namespace

std::optional<double> joules_per_sample(const BlockRecord& block) {
  const auto total = total_of(block.energy);
  if (!total || !(total->joules.value > 0)) return std::nullopt;
  return total->joules.value / static_cast<double>(std::max<std::uint64_t>(1, block.samples));
}

std::optional<double> noise_of(const RunRecord& record) {
  std::map<std::string, std::vector<double>> sessions;
  for (const BlockRecord& block : record.blocks) {
    const auto figure = joules_per_sample(block);
    if (block.outcome == Outcome::valid && figure) {
      sessions[block.session].push_back(std::log(*figure));
    }
  }
  double squares = 0, degrees = 0;
  for (const auto& [session, figures] : sessions) {
    const Sample sample = sample_of(figures);
    squares += sample.variance * sample.degrees();
    degrees += sample.degrees();
  }
  if (degrees < 3) return std::nullopt;
  return std::sqrt(squares / degrees);
}

DriftFinding find_drift(std::span<const RunRecord* const> records, std::size_t baseline) {
  constexpr int kFewest = 3;  // neighbours, before most of them says anything
  DriftFinding finding;
  double before = 0;  // of the baseline's latest block in this session; 0: there is none yet
  std::vector<DriftedBlock> between;
  int neighbours = 0, shifts = 0;
  std::string session;
  for (const auto& [run, block] : valid_in_time(records)) {
    if (block->session != session) {  // which are compared by the baseline of each
      session = block->session;
      before = 0;
      between.clear();
    }
    if (run != baseline) {
      between.push_back({.run = run, .block = block->number});
      continue;
    }
    const auto figure = joules_per_sample(*block);
    if (!figure) continue;
    if (before > 0) {
      const double shift = *figure / before - 1;
      ++neighbours;
      if (std::abs(shift) > std::abs(finding.largest)) finding.largest = shift;
      if (std::abs(shift) > kMostDrift) {
        ++shifts;
        for (DriftedBlock one : between) {
          one.shift = shift;
          finding.blocks.push_back(one);
        }
      }
    }
    between.clear();
    before = *figure;
  }
  finding.is_noise = neighbours >= kFewest && 2 * shifts > neighbours;
  if (finding.is_noise) finding.blocks.clear();
  return finding;
}

std::optional<std::size_t> last_to_run(std::span<const RunRecord* const> records) {
  const auto blocks = valid_in_time(records);
  if (blocks.empty()) return std::nullopt;
  return blocks.back().run;
}

std::optional<Watts> idle_before(const BlockRecord& block) {
  std::optional<Watts> sum;
  for (const DomainEnergy& energy : block.energy) {
    if (!energy.domain.in_total) continue;
    for (const IdlePower& idle : block.idle) {
      if (idle.domain == energy.domain.name && idle.before) {
        sum = sum.value_or(Watts{0}) + *idle.before;
      }
    }
  }
  return sum;
}

std::optional<Watts> reference_idle(std::span<const RunRecord* const> records) {
  const BlockRecord* first = nullptr;
  for (const RunRecord* record : records) {
    for (const BlockRecord& block : record->blocks) {
      const bool is_earlier = first == nullptr || block.started_at_utc < first->started_at_utc;
      if (is_earlier && idle_before(block)) first = &block;
    }
  }
  return first == nullptr ? std::nullopt : idle_before(*first);
}

}  // namespace joulebench
