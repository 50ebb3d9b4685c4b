#include "leaderboard/section_table.h"

#include <fmt/format.h>

#include "scoring/figures.h"

namespace joulebench {
namespace {

std::string optional_number(const std::optional<double>& value) {
  return value ? short_number(*value) : "";
}

std::string speed_text(const Score& score) {
  if (score.task == Task::train) {
    const std::optional<Seconds> time = seconds_per_training(score);
    return time ? short_number(time->count()) : "";
  }
  if (!score.samples_per_second) return "";
  return short_number(*score.samples_per_second);
}

std::string latency_text(const Score& score, Estimate LatencyEstimate::*which) {
  return score.latency ? short_number(1e6 * ((*score.latency).*which).value) : "";
}

void add_row(SectionTable& table, const Score& score, const RowFigures& figures) {
  const Estimate& energy = *energy_figure(score);
  const Estimate reached = shown_metric(*quality(score), score.is_share);
  const std::optional<Estimate>& ratio = figures.of_baseline;
  table.energy.push_back(value_text(energy, table.unit.joules));
  table.energy_interval.push_back(interval_text(energy, table.unit.joules));
  table.quality.push_back(value_text(reached, 1));
  table.quality_interval.push_back(interval_text(reached, 1));
  table.ratio.push_back(ratio ? value_text(*ratio, 1) : "");
  table.ratio_interval.push_back(ratio && ratio->interval ? interval_text(*ratio, 1) : "");
  table.hypervolume.push_back(
      figures.hypervolume ? fmt::format("{:.1f}", 100 * *figures.hypervolume) : "");
  table.grams.push_back(
      figures.grams_co2e ? short_number(figures.grams_co2e->value / table.mass.grams) : "");
  table.watts.push_back(
      optional_number(score.mean_watts ? std::optional(score.mean_watts->value) : std::nullopt));
  table.latency_median.push_back(latency_text(score, &LatencyEstimate::p50));
  table.latency_p99.push_back(latency_text(score, &LatencyEstimate::p99));
  table.speed.push_back(speed_text(score));
  table.blocks.push_back(std::to_string(score.blocks));
}

}  // namespace

SectionTable table_of(const Board& board, const RankedSection& section) {
  SectionTable table{.rows = rows_of(board, section), .figures = figures_of(board, section)};
  std::vector<double> energies;
  for (const SectionRow& row : table.rows) {
    energies.push_back(energy_figure(board.ranked(row.entry))->value);
  }
  table.unit = energy_unit_for(energies);
  table.mass = mass_unit_of(table.figures);
  table.energy_per = fmt::format("{}/{}", table.unit.name, unit_of_work(board.track.task));
  table.is_modelled = section.energy_class == EnergyClass::modelled;
  table.has_baseline = table.figures.rows.front().of_baseline.has_value();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    add_row(table, board.ranked(table.rows[i].entry), table.figures.rows[i]);
  }
  return table;
}

}  // namespace joulebench
