#include "leaderboard/site/overview_page.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/text.h"
#include "embedded/leaderboard_site.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/energy_quality_rows.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/template.h"

namespace joulebench {
namespace {

/// What sections must have in common to stand on one figure.
using Key = std::tuple<std::string, Task, Scenario, std::string, EnergyClass>;
struct BoardSection {
  const Board* board;
  const RankedSection* section;
};

std::map<Key, std::vector<BoardSection>> comparable_sections(std::span<const Board> boards) {
  std::map<Key, std::vector<BoardSection>> comparable;
  for (const Board& board : boards) {
    for (const RankedSection& section : board.ranking.sections) {
      comparable[{board.competition.id, board.track.task, board.track.scenario,
                  board.track.metric.name, section.energy_class}]
          .push_back({&board, &section});
    }
  }
  return comparable;
}

/// By name, so that a method stands at the same place of each group.
std::vector<ChartRow> chart_rows(const BoardSection& of) {
  const Place place = place_of(*of.board, false);
  std::vector<ChartRow> rows;
  for (const SectionRow& one : rows_of(*of.board, *of.section)) {
    const BoardEntry& entry = of.board->entries[one.entry];
    rows.push_back({.group = title_of(of.board->track),
                    .name = shown(entry.run.record.entry.name),
                    .link = place.folder + place.entry_link(one.entry),
                    .energy = *energy_figure(*entry.score),
                    .quality = shown_metric(*quality(*entry.score), entry.score->is_share)});
  }
  std::sort(rows.begin(), rows.end(),
            [](const ChartRow& a, const ChartRow& b) { return a.name < b.name; });
  return rows;
}

/// The entries of tracks that ask for the same, for competitions that compare the same methods on
/// several datasets.
Values figure_across(const Key& key, const std::vector<BoardSection>& sections) {
  const auto& [competition, task, scenario, metric, energy_class] = key;
  std::vector<ChartRow> rows;
  for (const BoardSection& one : sections) {
    const std::vector<ChartRow> group = chart_rows(one);
    rows.insert(rows.end(), group.begin(), group.end());
  }
  const Board& first = *sections.front().board;
  Values figure;
  figure.text("heading", title_of(first.competition) +
                             (task == Task::train ? ": training" : ": prediction") +
                             (scenario == Scenario::single_stream ? ", one sample at a time" : ""));
  if (energy_class == EnergyClass::modelled) figure.text("mark", "MODELLED, not measured");
  const QualityAxis axis{.name = metric, .unit = metric_unit(first.track.metric.is_share)};
  const std::string energy = std::string("energy per ") + unit_of_work(task);
  figure.text("metric", metric)
      .text("energy", energy)
      .html("chart_wide", energy_quality_rows(rows, energy, axis, 760))
      .html("chart_phone", energy_quality_rows(rows, "energy", axis, 350))
      .text("confidence", percent_text(first.track.ranking.confidence));
  return figure;
}

/// Who leads the first category of the first section.
void put_leader(Values& row, const Board& board, const RankedSection& section) {
  const RankedCategory& category = section.categories.front();
  const Leader leader = leader_of(board, category);
  std::string names;
  for (const std::size_t entry : leader.entries) {
    names += (names.empty() ? "" : ", ") + board.entries[entry].run.record.entry.name;
  }
  row.text("leader", names)
      .text("energy", joules_text(energy_figure(*board.entries[leader.entries[0]].score)->value))
      .text("category", category.title);
  if (section.energy_class == EnergyClass::modelled) row.text("mark", "modelled, not measured");
}

Values board_row(const Board& board) {
  Values row;
  row.text("competition", title_of(board.competition))
      .text("track", title_of(board.track))
      .text("link", board.competition.id + "/" + board.track.id + "/index.html")
      .text("dataset", board.track.dataset)
      .text("per", unit_of_work(board.track.task))
      .text("entries", std::to_string(board.entries.size()));
  if (!board.ranking.sections.empty()) put_leader(row, board, board.ranking.sections.front());
  return row;
}

}  // namespace

std::string overview_page(std::span<const Board> boards) {
  std::vector<Values> figures;
  for (const auto& [key, sections] : comparable_sections(boards)) {
    if (sections.size() >= 2) figures.push_back(figure_across(key, sections));
  }
  std::vector<Values> rows;
  for (const Board& board : boards) rows.push_back(board_row(board));
  Values page;
  page.flag("has_figures", !figures.empty());
  page.list("figures", std::move(figures)).list("boards", std::move(rows));
  return laid_out(boards.empty() ? nullptr : &boards.front(), "Boards", "",
                  render(leaderboard_site::kOverviewPageMustache, page));
}

}  // namespace joulebench
