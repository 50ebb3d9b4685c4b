#include "scoring/figures.h"

#include <algorithm>

namespace joulebench {
namespace {

constexpr double kBootstrapConfidence = 0.95;
constexpr std::uint64_t kBootstrapSeed = 1;

std::vector<double> energies_of_blocks(const Score& score) {
  std::vector<double> energies;
  for (const BlockScore& block : score.block_scores) {
    energies.push_back(energy_figure(score, block));
  }
  return energies;
}

Watts sum(std::optional<Watts> so_far, Watts more) {
  return so_far.value_or(Watts{0}) + more;
}

}  // namespace

ComparedPredictions compared_predictions(const Score& score) {
  ComparedPredictions result;
  for (const BlockScore& block : score.block_scores) {
    result.correct += block.correct.value_or(0);
    result.compared += block.scored;
  }
  return result;
}

std::optional<Seconds> training_time(const Score& score) {
  if (score.task != Task::train || score.block_scores.empty()) return std::nullopt;
  Seconds sum{0};
  for (const BlockScore& block : score.block_scores) sum += block.measured;
  return sum / static_cast<double>(score.block_scores.size());
}

std::optional<double> energy_delay_product(const Score& score) {
  if (!energy_figure(score) || !score.samples_per_second) return std::nullopt;
  return energy_figure(score)->value / *score.samples_per_second;
}

std::optional<double> correct_per_joule(const Score& score) {
  if (!score.joules_per_sample || !score.accuracy) return std::nullopt;
  return score.accuracy->value / score.joules_per_sample->value;
}

std::optional<MedianSpread> spread_of_blocks(const Score& score) {
  const std::vector<double> energies = energies_of_blocks(score);
  if (energies.empty()) return std::nullopt;
  return median_and_mad(energies);
}

std::optional<Interval> bootstrap_of_blocks(const Score& score) {
  const std::vector<double> energies = energies_of_blocks(score);
  if (energies.size() < 2) return std::nullopt;
  return bootstrap_geometric_mean(energies, kBootstrapConfidence, kBootstrapSeed);
}

double works_of_carbon(Task task) {
  return task == Task::train ? 1 : 1e6;
}

std::optional<Estimate> grams_co2e(const Score& score, const CarbonRule& rule) {
  if (!energy_figure(score)) return std::nullopt;
  const double factor = works_of_carbon(score.task) * grams_co2e(Joules{1}, rule);
  const Estimate& energy = *energy_figure(score);
  Estimate grams{.value = energy.value * factor, .interval = std::nullopt};
  if (energy.interval) {
    grams.interval = Interval{energy.interval->low * factor, energy.interval->high * factor};
  }
  return grams;
}

std::vector<DomainEnergy> energy_by_domain(const RunRecord& record) {
  std::vector<DomainEnergy> sums;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const DomainEnergy& energy : block.energy) {
      const auto known = std::find_if(sums.begin(), sums.end(), [&](const DomainEnergy& sum) {
        return sum.domain.name == energy.domain.name;
      });
      if (known == sums.end()) {
        sums.push_back(energy);
        continue;
      }
      known->domain.energy_class = worse(known->domain.energy_class, energy.domain.energy_class);
      if (known->joules && energy.joules) {
        *known->joules += *energy.joules;
      } else {
        known->joules.reset();
      }
    }
  }
  return sums;
}

IdleTotal idle_of_total(const BlockRecord& block) {
  IdleTotal total;
  for (const IdlePower& idle : block.idle) {
    for (const DomainEnergy& energy : block.energy) {
      if (energy.domain.name != idle.domain || !energy.domain.in_total) continue;
      if (idle.before) total.before = sum(total.before, *idle.before);
      if (idle.after) total.after = sum(total.after, *idle.after);
    }
  }
  return total;
}

}  // namespace joulebench
