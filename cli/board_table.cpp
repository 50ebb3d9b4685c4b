#include "cli/board_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/text.h"
#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

struct Column {
  std::string title;
  std::string unit;
  bool right = true;
  std::vector<std::string> cells;
};

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, text_width(text)), ' ');
  return right ? space + text : text + space;
}

/// One line a row, columns as wide as their widest cell, no space at a line's end.
std::string laid_out(const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> lines(2 + columns.front().cells.size());
  for (const Column& column : columns) {
    std::size_t width = std::max(text_width(column.title), text_width(column.unit));
    for (const std::string& cell : column.cells) width = std::max(width, text_width(cell));
    lines[0].push_back(padded(column.title, width, column.right));
    lines[1].push_back(padded(column.unit, width, column.right));
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      lines[i + 2].push_back(padded(column.cells[i], width, column.right));
    }
  }
  std::string text;
  for (const auto& cells : lines) {
    std::string line;
    for (const std::string& cell : cells) line += "  " + cell;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string name_of(const BoardEntry& entry) {
  return printable(entry.run.record.entry.name, 60);
}

std::string section_table(const Board& board, const RankedSection& section) {
  const std::vector<SectionRow> rows = rows_of(board, section);
  const bool modelled = section.energy_class == EnergyClass::modelled;
  std::vector<double> energies;
  for (const SectionRow& row : rows) {
    energies.push_back(energy_figure(*board.entries[row.entry].score)->value);
  }
  const EnergyUnit unit = energy_unit_for(energies);
  std::vector<Column> columns;
  if (board.ranking.cumulative) {
    for (std::size_t i = 0; i < section.categories.size(); ++i) {
      Column column{.title = "rank", .unit = section.categories[i].label};
      for (const SectionRow& row : rows) {
        const RankedEntry* place = row.places[i];
        column.cells.push_back(place == nullptr ? "-" : rank_text(*place) + " " + place->group);
      }
      columns.push_back(std::move(column));
    }
  } else {
    Column category{.title = "category", .right = false};
    Column rank{.title = "rank"};
    for (const SectionRow& row : rows) {
      for (std::size_t i = 0; i < row.places.size(); ++i) {
        if (row.places[i] == nullptr) continue;
        category.cells.push_back(section.categories[i].id);
        rank.cells.push_back(rank_text(*row.places[i]));
      }
    }
    columns.push_back(std::move(category));
    columns.push_back(std::move(rank));
  }
  Column entry{.title = "entry", .right = false};
  Column energy{.title = "energy",
                .unit = fmt::format("{}/{}", unit.name, unit_of_work(board.track.task))};
  Column energy_interval{.unit =
                             fmt::format("{:g} % interval", board.track.ranking.confidence * 100)};
  const bool is_share = board.track.metric.is_share;
  Column accuracy{.title = board.track.metric.name, .unit = metric_unit(is_share)};
  Column accuracy_interval{.unit = energy_interval.unit};
  Column ratio{.title = "energy", .unit = "of baseline's"};
  Column ratio_interval{.unit = energy_interval.unit};
  Column hypervolume{.title = "dominates", .unit = "% of area"};
  Column watts{.title = "power", .unit = "W"};
  Column median{.title = "latency", .unit = "µs, median"};
  Column slowest{.title = "latency", .unit = "µs, p99"};
  Column blocks{.title = "blocks"};
  const SectionFigures figures = figures_of(board, section);
  const MassUnit mass = mass_unit_of(figures);
  Column grams{.title = "carbon",
               .unit = fmt::format("{}CO2e/{}", mass.name,
                                   board.track.task == Task::train ? "training" : "1e6")};
  const bool has_baseline = figures.rows.front().of_baseline.has_value();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const BoardEntry& of_row = board.entries[rows[i].entry];
    const RowFigures& of_figures = figures.rows[i];
    const Score& score = *of_row.score;
    const Estimate metric = shown_metric(*quality(score), is_share);
    entry.cells.push_back(name_of(of_row) +
                          (of_row.run.record.entry.is_baseline ? " (baseline)" : ""));
    energy.cells.push_back(value_text(*energy_figure(score), unit.joules));
    energy_interval.cells.push_back(interval_text(*energy_figure(score), unit.joules));
    accuracy.cells.push_back(value_text(metric, 1));
    accuracy_interval.cells.push_back(interval_text(metric, 1));
    if (const auto& of_baseline = of_figures.of_baseline) {
      ratio.cells.push_back(value_text(*of_baseline, 1));
      ratio_interval.cells.push_back(of_baseline->interval ? interval_text(*of_baseline, 1) : "");
    }
    hypervolume.cells.push_back(
        of_figures.hypervolume ? fmt::format("{:.1f}", *of_figures.hypervolume * 100) : "-");
    if (of_figures.grams_co2e) {
      grams.cells.push_back(short_number(of_figures.grams_co2e->value / mass.grams));
    }
    watts.cells.push_back(score.mean_watts ? short_number(score.mean_watts->value) : "-");
    if (score.latency) {
      median.cells.push_back(short_number(1e6 * score.latency->p50.value));
      slowest.cells.push_back(short_number(1e6 * score.latency->p99.value));
    }
    blocks.cells.push_back(std::to_string(score.blocks));
  }
  for (Column* column :
       {&energy, &accuracy, &ratio, &hypervolume, &grams, &watts, &median, &slowest})
    align_decimals(column->cells, " ", " ");
  if (modelled) {
    for (std::string& cell : energy.cells) cell = "~" + cell;
  }
  columns.insert(columns.end(), {entry, energy, energy_interval, accuracy, accuracy_interval});
  if (has_baseline) columns.insert(columns.end(), {ratio, ratio_interval});
  if (figures.hypervolume) columns.push_back(hypervolume);
  if (board.carbon) columns.push_back(grams);
  columns.push_back(watts);
  if (median.cells.size() == rows.size()) columns.insert(columns.end(), {median, slowest});
  columns.push_back(blocks);

  std::string text;
  if (modelled) {
    text +=
        "  MODELLED, not measured (~): joules are CPU seconds times an assumed power; they rank "
        "among\n  themselves only and say nothing about measured entries.\n";
  }
  text +=
      fmt::format("  {} on {}\n  energy is {}\n\n", to_string(section.energy_class),
                  printable(section.node, 300), board.entries[rows[0].entry].score->total_formula);
  for (const RankedCategory& category : section.categories) {
    const Leader leader = leader_of(board, category);
    std::string names;
    for (const std::size_t index : leader.entries) {
      names += (names.empty() ? "" : ", ") + name_of(board.entries[index]);
    }
    text += fmt::format("  {}: {} ({})\n", category.title, names, printable(leader.verdict, 200));
  }
  text += "\n" + laid_out(columns);
  if (board.carbon) {
    text += fmt::format("\n  carbon: CO2e of {}, never ranked; {}\n",
                        board.track.task == Task::train ? "one training" : "1,000,000 samples",
                        printable(carbon_source(*board.carbon), 300));
  }
  return text;
}

}  // namespace

std::string board_table(const Board& board) {
  const std::string& title = board.competition.title;
  std::string text = fmt::format("{}, track {} (dataset {}, rule {})\n",
                                 title.empty() ? board.competition.id : title, board.track.id,
                                 board.track.dataset, board.ranking.rule);
  for (const RankedSection& section : board.ranking.sections) {
    text += "\n" + section_table(board, section);
  }
  if (board.ranking.sections.empty()) text += "\n  no entry is ranked yet\n";
  if (!board.refused.empty()) text += "\n  could not be read:\n";
  for (const RefusedEntry& one : board.refused) {
    text += fmt::format("  {}\n{}", printable(one.name, 80),
                        indented(printable(one.reason, 1000), "    "));
  }
  if (!board.ranking.unranked.empty()) text += "\n  not ranked:\n";
  for (const UnrankedEntry& one : board.ranking.unranked) {
    const RunRecord& record = board.entries[one.score].run.record;
    text +=
        fmt::format("  {}: {}\n", name_of(board.entries[one.score]), printable(one.reason, 1000));
    if (!record.log_tail.empty()) {
      text += indented(last_lines(printable(record.log_tail, 4000), 5), "    | ");
    }
  }
  return text + "\n";
}

}  // namespace joulebench
