#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/carbon.h"
#include "core/run_record.h"
#include "core/statistics.h"
#include "scoring/score.h"

namespace joulebench {

// What is shown beside a score and never ranked by: one function per figure, so that table, page,
// JSON and CSV say the same. Absent: the score lacks what the figure is made of.

/// Right answers among those compared with labels, over all valid blocks.
struct RightAnswers {
  std::uint64_t right = 0;
  std::uint64_t compared = 0;
};
RightAnswers right_answers_of(const Score& score);

/// Each valid block's share in the entry's energy figure, with its sensor's error.
std::vector<EnergyFigure> block_figures(const Score& score);
/// Their median and median deviation, joules.
std::optional<MedianSpread> block_spread(const Score& score);
/// Mean power of one block's windows; absent without energy or time.
std::optional<Watts> mean_power(const BlockScore& block);

/// Energy of `passes` passes over the whole test part, as ACML 2021 counted it (200), joules.
double joules_per_passes(const Score& score, int passes);
/// Joules per sample times seconds per sample.
std::optional<double> energy_delay_product(const Score& score);
std::optional<double> samples_per_joule(const Score& score);
/// Accuracy over joules per sample.
std::optional<double> right_answers_per_joule(const Score& score);
/// Measured seconds of a training, mean over its valid blocks.
std::optional<Seconds> seconds_per_training(const Score& score);

/// CPU time of the program in its measured windows, over the samples predicted there; absent: where
/// it cannot be read.
std::optional<Seconds> cpu_per_sample(const RunRecord& record);
/// The most memory that a valid block had; absent: not known.
std::optional<std::uint64_t> peak_memory(const RunRecord& record);

/// Carbon is stated for 1,000,000 samples, or for one training.
double works_of_carbon(Task task);
/// Grams of CO2 equivalent of works_of_carbon().
std::optional<Estimate> carbon_of(const Score& score, const CarbonRule& rule);

/// What each domain used over all valid blocks, in the order of the first that names it; its class
/// is the worst of its blocks', and it has no joules where a block's are absent. Errors are added
/// up: a sensor's gain is common to all blocks.
std::vector<DomainEnergy> energy_by_domain(const RunRecord& record);

/// The same of what the tails of these blocks used, after the last answer.
std::vector<DomainEnergy> tail_energy_by_domain(const RunRecord& record);

/// What the kinds of domains take of an entry's total, over all valid blocks; together 1.
struct EnergyShares {
  double cpu = 0;
  double dram = 0;
  double gpu = 0;
  double other = 0;  // a wall meter, psys
};
/// Absent: a domain of the total has no joules, or the energy is modelled as a whole.
std::optional<EnergyShares> energy_shares(const RunRecord& record);

/// Idle power of the domains in the total; absent: none was measured.
struct IdleOfTotal {
  std::optional<Watts> before;
  std::optional<Watts> after;
};
IdleOfTotal idle_of_total(const BlockRecord& block);

}  // namespace joulebench
