#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/carbon.h"
#include "core/run_record.h"
#include "scoring/energy_statistics.h"
#include "scoring/score.h"

namespace joulebench {

// Figures that follow from a score or a record. Tables, pages, JSON and CSV take them from here.
// Shown, never ranked by. Absent: the score lacks what they are computed from.

/// Predictions of the valid blocks that were compared with labels.
struct ComparedPredictions {
  std::uint64_t correct = 0;
  std::uint64_t compared = 0;
};
ComparedPredictions compared_predictions(const Score& score);

/// Measured time of a training, mean over the valid blocks. Absent on tracks of the task predict.
std::optional<Seconds> training_time(const Score& score);

/// Energy per sample times seconds per sample, in J s.
std::optional<double> energy_delay_product(const Score& score);

/// Accuracy over energy per sample, in 1/J.
std::optional<double> correct_per_joule(const Score& score);

/// Of the blocks' energy figures, in joules.
std::optional<MedianSpread> spread_of_blocks(const Score& score);
/// 95 % bootstrap interval of their geometric mean; absent below two blocks.
std::optional<Interval> bootstrap_of_blocks(const Score& score);

/// Carbon is stated for 1,000,000 samples, or for one training.
double works_of_carbon(Task task);
/// Grams of CO2 equivalent of works_of_carbon().
std::optional<Estimate> grams_co2e(const Score& score, const CarbonRule& rule);

/// What each domain used in the valid blocks together, in the order in which they appear. Joules
/// are absent where one block has none; the class is the worst of the blocks'.
std::vector<DomainEnergy> energy_by_domain(const RunRecord& record);

/// Idle power of the domains in the total, before and after a block. Absent: none was measured.
struct IdleTotal {
  std::optional<Watts> before;
  std::optional<Watts> after;
};
IdleTotal idle_of_total(const BlockRecord& block);

}  // namespace joulebench
