#include "scoring/figures.h"

#include <algorithm>

namespace joulebench {
namespace {

void add(std::optional<Watts>& sum, const std::optional<Watts>& watts) {
  if (watts) sum = sum.value_or(Watts{0}) + *watts;
}

std::vector<DomainEnergy> sums_by_domain(const RunRecord& record,
                                         std::vector<DomainEnergy> BlockRecord::*energies) {
  std::vector<DomainEnergy> sums;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const DomainEnergy& energy : block.*energies) {
      const auto known = std::find_if(sums.begin(), sums.end(), [&](const DomainEnergy& sum) {
        return sum.domain.name == energy.domain.name;
      });
      if (known == sums.end()) {
        sums.push_back(energy);
        continue;
      }
      known->domain.energy_class = worse(known->domain.energy_class, energy.domain.energy_class);
      known->error += energy.error;
      if (known->joules && energy.joules) {
        *known->joules += *energy.joules;
      } else {
        known->joules.reset();
      }
    }
  }
  return sums;
}

double& share_of(EnergyShares& shares, DomainKind kind) {
  switch (kind) {
    case DomainKind::cpu_package:
    case DomainKind::core:
    case DomainKind::uncore:
      return shares.cpu;
    case DomainKind::dram:
      return shares.dram;
    case DomainKind::gpu:
      return shares.gpu;
    default:
      return shares.other;
  }
}

}  // namespace

RightAnswers right_answers_of(const Score& score) {
  RightAnswers sum;
  for (const BlockScore& block : score.block_scores) {
    sum.right += block.correct.value_or(0);
    sum.compared += block.scored;
  }
  return sum;
}

std::vector<EnergyFigure> block_figures(const Score& score) {
  std::vector<EnergyFigure> figures;
  for (const BlockScore& block : score.block_scores) {
    figures.push_back(
        {.value = energy_figure(score, block), .relative_error = block.error / block.joules});
  }
  return figures;
}

std::optional<MedianSpread> block_spread(const Score& score) {
  if (score.block_scores.empty()) return std::nullopt;
  std::vector<double> values;
  for (const EnergyFigure& figure : block_figures(score)) values.push_back(figure.value);
  return median_and_mad(values);
}

std::optional<Watts> mean_power(const BlockScore& block) {
  if (block.joules.value <= 0 || block.measured.count() <= 0) return std::nullopt;
  return block.joules / block.measured;
}

double joules_per_passes(const Score& score, int passes) {
  return score.joules_per_sample->value * static_cast<double>(score.samples) * passes;
}

std::optional<double> energy_delay_product(const Score& score) {
  if (!score.joules_per_sample || !score.samples_per_second) return std::nullopt;
  return score.joules_per_sample->value / *score.samples_per_second;
}

std::optional<double> samples_per_joule(const Score& score) {
  if (!score.joules_per_sample) return std::nullopt;
  return 1 / score.joules_per_sample->value;
}

std::optional<double> right_answers_per_joule(const Score& score) {
  if (!score.joules_per_sample || !score.accuracy) return std::nullopt;
  return score.accuracy->value / score.joules_per_sample->value;
}

std::optional<Seconds> seconds_per_training(const Score& score) {
  if (score.task != Task::train || score.block_scores.empty()) return std::nullopt;
  Seconds sum{0};
  for (const BlockScore& block : score.block_scores) sum += block.measured;
  return sum / static_cast<double>(score.block_scores.size());
}

std::optional<Seconds> cpu_per_sample(const RunRecord& record) {
  Seconds cpu{0};
  std::uint64_t samples = 0;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const WindowRecord& window : block.windows) {
      if (!window.submission_cpu) return std::nullopt;
      cpu += *window.submission_cpu;
      samples += window.samples;
    }
  }
  if (samples == 0) return std::nullopt;
  return cpu / static_cast<double>(samples);
}

std::optional<std::uint64_t> peak_memory(const RunRecord& record) {
  std::uint64_t most = 0;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome == Outcome::valid) most = std::max(most, block.peak_memory_bytes);
  }
  return most > 0 ? std::optional(most) : std::nullopt;
}

double works_of_carbon(Task task) {
  return task == Task::train ? 1 : 1e6;
}

std::optional<Estimate> carbon_of(const Score& score, const CarbonRule& rule) {
  if (!energy_figure(score)) return std::nullopt;
  return scaled(*energy_figure(score), works_of_carbon(score.task) * grams_co2e(Joules{1}, rule));
}

std::vector<DomainEnergy> energy_by_domain(const RunRecord& record) {
  return sums_by_domain(record, &BlockRecord::energy);
}

std::vector<DomainEnergy> tail_energy_by_domain(const RunRecord& record) {
  return sums_by_domain(record, &BlockRecord::tail_energy);
}

std::optional<EnergyShares> energy_shares(const RunRecord& record) {
  EnergyShares shares;
  double total = 0;
  for (const DomainEnergy& sum : energy_by_domain(record)) {
    if (!sum.domain.in_total) continue;
    if (!sum.joules || sum.domain.kind == DomainKind::model) return std::nullopt;
    total += sum.joules->value;
    share_of(shares, sum.domain.kind) += sum.joules->value;
  }
  if (!(total > 0)) return std::nullopt;
  for (double* share : {&shares.cpu, &shares.dram, &shares.gpu, &shares.other}) *share /= total;
  return shares;
}

IdleOfTotal idle_of_total(const BlockRecord& block) {
  IdleOfTotal sum;
  for (const IdlePower& idle : block.idle) {
    for (const DomainEnergy& energy : block.energy) {
      if (energy.domain.name != idle.domain || !energy.domain.in_total) continue;
      add(sum.before, idle.before);
      add(sum.after, idle.after);
    }
  }
  return sum;
}

}  // namespace joulebench
