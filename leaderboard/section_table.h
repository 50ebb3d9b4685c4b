#pragma once

#include <string>
#include <vector>

#include "leaderboard/board.h"

namespace joulebench {

/// A section's rows as numbers in words, rounded for reading: what the terminal and the page show.
/// Every column has one text per row, in the order of rows_of(); empty: the row has no such number.
struct SectionTable {
  std::vector<SectionRow> rows;
  SectionFigures figures;
  EnergyUnit unit;
  MassUnit mass;
  std::string energy_per;  // "mJ/sample"
  bool is_modelled = false;
  bool has_baseline = false;

  std::vector<std::string> energy, energy_interval;
  std::vector<std::string> quality, quality_interval;  // the metric as it is shown
  std::vector<std::string> ratio, ratio_interval;      // energy over the baseline's
  std::vector<std::string> hypervolume;                // percent
  std::vector<std::string> grams;                      // CO2e in `mass`
  std::vector<std::string> watts;
  std::vector<std::string> latency_median, latency_p99;  // µs
  std::vector<std::string> speed;                        // samples/s, of a training its seconds
  std::vector<std::string> blocks;
};
SectionTable table_of(const Board& board, const RankedSection& section);

}  // namespace joulebench
