#include "leaderboard/site/board_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "embedded/leaderboard_site.h"
#include "leaderboard/section_table.h"
#include "leaderboard/site/chart/interval_bar.h"
#include "leaderboard/site/chart/quality_energy_chart.h"
#include "leaderboard/site/rule_words.h"
#include "leaderboard/site/template.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {
namespace {

constexpr std::size_t kMostLeaders = 4;  // named; of more their number

/// A section with all that its table, chart and leaders are made from.
struct SectionView {
  const Board& board;
  const RankedSection& section;
  const Place& place;
  SectionTable table;  // its numbers aligned
  BarScale energy_scale{.low = 1e300, .high = 0, .logarithmic = true};
  BarScale quality_scale{.low = 1e300, .high = -1e300};

  const BoardEntry& entry(std::size_t row) const { return board.entries[table.rows[row].entry]; }
  const Score& score(std::size_t row) const { return *entry(row).score; }
  bool is_stream() const { return board.track.scenario == Scenario::single_stream; }
  bool is_training() const { return board.track.task == Task::train; }
};

void widen(BarScale& scale, const Estimate& estimate) {
  const Interval interval = reach(estimate);
  scale.low = std::min(scale.low, interval.low);
  scale.high = std::max(scale.high, interval.high);
}

SectionView view_of(const Board& board, const RankedSection& section, const Place& place) {
  SectionView view{
      .board = board, .section = section, .place = place, .table = table_of(board, section)};
  for (std::size_t i = 0; i < view.table.rows.size(); ++i) {
    widen(view.energy_scale, *energy_figure(view.score(i)));
    widen(view.quality_scale, *quality(view.score(i)));
  }
  SectionTable& table = view.table;
  for (std::vector<std::string>* column :
       {&table.energy, &table.quality, &table.ratio, &table.watts, &table.speed,
        &table.latency_median, &table.hypervolume, &table.grams}) {
    align_on_page(*column);
  }
  return view;
}

std::string heading_of(const RankedSection& section) {
  switch (section.energy_class) {
    case EnergyClass::measured:
      return "Measured";
    case EnergyClass::derived:
      return "Derived from power readings";
    default:
      return "Modelled";
  }
}

std::vector<ChartPoint> points_of(const SectionView& view) {
  std::vector<Score> scores;
  for (std::size_t i = 0; i < view.table.rows.size(); ++i) scores.push_back(view.score(i));
  const std::vector<bool> front = non_dominated(scores);
  std::vector<ChartPoint> points;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    points.push_back({.name = shown(scores[i].entry_name),
                      .link = view.place.entry_link(view.table.rows[i].entry),
                      .quality = shown_metric(*quality(scores[i]), scores[i].is_share),
                      .joules = *energy_figure(scores[i]),
                      .is_front = front[i]});
  }
  return points;
}

QualityAxis axis_of(const Track& track) {
  const Metric& metric = track.metric;
  QualityAxis axis{.name = metric_title(metric),
                   .unit = metric_unit(metric.is_share),
                   .less_is_better = metric.less_is_better};
  if (ranking_rule(track).draws_floors) {
    for (const double floor : track.ranking.floors) {
      axis.floors.push_back(metric.is_share ? floor * 100 : floor);
    }
  }
  return axis;
}

Values leader_values(const SectionView& view, const RankedCategory& category) {
  const Board& board = view.board;
  const Leader leader = leader_of(board, category);
  std::vector<Values> names;
  for (const std::size_t entry : leader.entries) {
    if (names.size() == kMostLeaders) break;
    names.emplace_back()
        .text("name", board.entries[entry].run.record.entry.name)
        .text("link", view.place.entry_link(entry));
  }
  std::string verdict = leader.verdict;
  if (leader.entries.size() > kMostLeaders) {
    verdict = fmt::format("and {} more; {}", leader.entries.size() - kMostLeaders, verdict);
  }
  const Score& first = *board.entries[leader.entries[0]].score;
  Values values;
  values.text("category", category.title)
      .list("names", std::move(names))
      .text("energy",
            joules_text(energy_figure(first)->value) + "/" + unit_of_work(board.track.task))
      .text("verdict", verdict);
  return values;
}

std::vector<Values> rank_columns(const SectionView& view) {
  std::vector<Values> columns;
  if (!view.board.ranking.cumulative) {
    columns.emplace_back().text("label", "in class").text("title", "rank inside its class");
    return columns;
  }
  for (const RankedCategory& category : view.section.categories) {
    columns.emplace_back().text("label", category.label).text("title", category.title);
  }
  return columns;
}

std::vector<Values> rank_cells(const std::vector<const RankedEntry*>& places) {
  std::vector<Values> ranks;
  for (const RankedEntry* ranked : places) {
    Values& rank = ranks.emplace_back();
    rank.text("rank", ranked != nullptr ? rank_text(*ranked) : "–");
    if (ranked != nullptr) rank.text("group", ranked->group);
  }
  return ranks;
}

void put_identity(Values& values, const SectionView& view, std::size_t row) {
  const EntryIdentity& identity = view.entry(row).run.record.entry;
  values.text("link", view.place.entry_link(view.table.rows[row].entry))
      .text("name", identity.name)
      .flag("is_baseline", identity.is_baseline);
  if (!identity.team.empty()) values.text("team", identity.team);
  if (view.table.is_modelled) {
    values.text("mark_sign", "≈").text("mark_title", "modelled, not measured");
  }
}

/// Figures that compare the entry with its section, or turn its energy into something else.
void put_comparisons(Values& values, const SectionView& view, std::size_t row) {
  const SectionTable& table = view.table;
  const RowFigures& figures = table.figures.rows[row];
  values.flag("has_baseline", table.has_baseline).text("ratio", table.ratio[row]);
  if (figures.of_baseline) {
    values.text("ratio_raw", fmt::format("{}", figures.of_baseline->value));
  }
  if (!table.ratio_interval[row].empty()) values.text("ratio_interval", table.ratio_interval[row]);
  values.flag("has_hypervolume", table.figures.hypervolume.has_value())
      .text("hypervolume", table.hypervolume[row]);
  if (figures.hypervolume) values.text("hypervolume_raw", fmt::format("{}", *figures.hypervolume));
  values.flag("has_carbon", view.board.carbon.has_value()).text("grams", table.grams[row]);
  if (figures.grams_co2e) {
    values.text("grams_raw", fmt::format("{}", figures.grams_co2e->value));
  }
}

Values row_values(const SectionView& view, std::size_t row,
                  const std::vector<const RankedEntry*>& places) {
  const SectionTable& table = view.table;
  const Score& score = view.score(row);
  Values values;
  values.list("ranks", rank_cells(places));
  put_identity(values, view, row);
  values.text("energy", table.energy[row])
      .text("energy_raw", fmt::format("{}", energy_figure(score)->value))
      .text("energy_interval", table.energy_interval[row])
      .html("energy_bar", interval_bar(*energy_figure(score), view.energy_scale))
      .text("accuracy", table.quality[row])
      .text("accuracy_raw", fmt::format("{}", quality(score)->value))
      .text("accuracy_interval", table.quality_interval[row])
      .html("accuracy_bar", interval_bar(*quality(score), view.quality_scale));
  put_comparisons(values, view, row);
  values.text("watts", table.watts[row])
      .text("speed", view.is_stream() ? table.latency_median[row] : table.speed[row])
      .text("blocks", table.blocks[row]);
  return values;
}

/// One group of all rows, or one per category where an entry stands in one only.
std::vector<Values> row_groups(const SectionView& view) {
  const std::vector<SectionRow>& rows = view.table.rows;
  std::vector<Values> groups;
  if (view.board.ranking.cumulative) {
    std::vector<Values> list;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      list.push_back(row_values(view, i, rows[i].places));
    }
    groups.emplace_back().list("rows", std::move(list));
    return groups;
  }
  for (const RankedCategory& category : view.section.categories) {
    std::vector<Values> list;
    for (const RankedEntry& ranked : category.entries) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].entry == ranked.score) list.push_back(row_values(view, i, {&ranked}));
      }
    }
    groups.emplace_back()
        .text("group_title", category.title)
        .text("columns", "20")
        .list("rows", std::move(list));
  }
  return groups;
}

std::string quality_scale_text(const BarScale& scale, bool is_share) {
  if (!is_share) return short_number(scale.low) + " … " + short_number(scale.high);
  const double low = std::round(scale.low * 1e3) / 10;
  const double high = std::round(scale.high * 1e3) / 10;
  return (low == high ? fmt::format("{}", low) : fmt::format("{} … {}", low, high)) + " %";
}

/// What stands in the heads of the table's columns.
void put_column_heads(Values& values, const SectionView& view) {
  const Track& track = view.board.track;
  const SectionTable& table = view.table;
  const bool is_stream = view.is_stream();
  const bool is_training = view.is_training();
  values.list("rank_columns", rank_columns(view))
      .text("per", unit_of_work(track.task))
      .text("unit", table.unit.name)
      .text("confidence", percent_text(track.ranking.confidence))
      .text("energy_scale", short_number(view.energy_scale.low / table.unit.joules) + " … " +
                                short_number(view.energy_scale.high / table.unit.joules) + ", log")
      .text("metric", metric_title(track.metric))
      .text("metric_unit", metric_unit(track.metric.is_share))
      .text("accuracy_scale", quality_scale_text(view.quality_scale, track.metric.is_share))
      .flag("has_baseline", table.has_baseline)
      .flag("has_hypervolume", table.figures.hypervolume.has_value())
      .flag("has_carbon", view.board.carbon.has_value())
      .text("mass_unit", table.mass.name)
      .text("carbon_of", is_training ? "one training" : "1,000,000 samples")
      .text("carbon_per", is_training ? "training" : "10⁶")
      .text("speed_name", is_stream     ? "Latency"
                          : is_training ? "Trained in"
                                        : "Speed")
      .text("speed_unit", is_stream     ? "µs, median"
                          : is_training ? "s"
                                        : "samples/s");
}

std::vector<Values> lines_of(const std::vector<std::string>& texts) {
  std::vector<Values> lines;
  for (const std::string& text : texts) lines.push_back(Values().text("line", text));
  return lines;
}

Values section_values(const SectionView& view) {
  const Board& board = view.board;
  const RankedSection& section = view.section;
  const SectionTable& table = view.table;
  Values values;
  values.text("class_name", to_string(section.energy_class))
      .text("number", std::to_string(&section - board.ranking.sections.data() + 1))
      .text("heading", heading_of(section))
      .text("node", section.node)
      .list("node_comparison", lines_of(node_comparison_of(board, section)))
      .flag("has_environment", !environment_of(board, section).empty())
      .text("environment", environment_of(board, section))
      .flag("is_host", !section.environment && !board.competition.environments.empty())
      .text("formula",
            table.is_modelled ? "CPU time times an assumed power" : view.score(0).total_formula);
  if (table.is_modelled) values.text("mark", kModelled).text("mark_text", kModelledText);
  std::vector<Values> leaders;
  for (const RankedCategory& category : section.categories) {
    leaders.push_back(leader_values(view, category));
  }
  values.list("leaders", std::move(leaders));
  const std::vector<ChartPoint> points = points_of(view);
  const QualityAxis axis = axis_of(board.track);
  const std::string per = unit_of_work(board.track.task);
  values.html("chart_wide", quality_energy_chart(points, axis, per, 760, 400))
      .html("chart_phone", quality_energy_chart(points, axis, per, 360, 340))
      .text("better", board.track.metric.less_is_better ? "Down" : "Up");
  if (table.figures.hypervolume) {
    values.text("hypervolume", fmt::format("{:.1f}", 100 * *table.figures.hypervolume));
  }
  if (board.carbon) values.text("carbon_source", carbon_source(*board.carbon));
  put_column_heads(values, view);
  values.list("groups", row_groups(view));
  return values;
}

std::string tag_of(const BoardEntry& entry) {
  const std::string standing = standing_of(entry);
  return standing == "valid" ? "not ranked" : standing;
}

std::vector<Values> held_values(const Board& board, const Place& place) {
  std::vector<Values> list;
  for (const HeldEntry& one : board.held) {
    const EntryIdentity& identity = board.entries[one.entry].run.record.entry;
    std::vector<Values> evidence;
    for (const Flag& flag : one.evidence) {
      evidence.emplace_back().text("name", flag.name).text("detail", flag.detail);
    }
    Values& row = list.emplace_back();
    row.text("link", place.entry_link(one.entry))
        .text("name", identity.name)
        .list("evidence", std::move(evidence));
    if (!identity.team.empty()) row.text("team", identity.team);
  }
  return list;
}

std::vector<Values> unranked_values(const Board& board, const Place& place) {
  std::vector<Values> list;
  for (const UnrankedEntry& one : board.ranking.unranked) {
    const BoardEntry& entry = board.entries[one.score];
    const EntryIdentity& identity = entry.run.record.entry;
    Values& row = list.emplace_back();
    row.text("link", place.entry_link(one.score))
        .text("name", identity.name)
        .text("outcome", tag_of(entry))
        .text("reason", one.reason);
    if (!identity.team.empty()) row.text("team", identity.team);
    if (const std::string log = log_of(entry.run.record); !log.empty()) row.text("log", log);
  }
  return list;
}

std::string task_text(const Track& track) {
  if (track.task == Task::train) return "train";
  return std::string("predict") +
         (track.scenario == Scenario::offline ? ", offline" : ", one sample at a time");
}

std::string protocol_text(const Track& track) {
  const Protocol& protocol = track.protocol;
  if (track.task == Task::train) {
    return fmt::format("{} trainings, each with a seed of its own", protocol.blocks);
  }
  return fmt::format("{} blocks of at least {:g} s{}", protocol.blocks, protocol.min_block.count(),
                     protocol.salt ? ", salted" : "");
}

/// What the track asks for, at the page's head and foot.
void put_track(Values& page, const Board& board, const Place& place) {
  const Track& track = board.track;
  page.flag("has_overview", !place.alone)
      .text("root", place.root)
      .text("title", title_of(board.competition))
      .text("track", title_of(track))
      .text("dataset", track.dataset)
      .text("task", task_text(track))
      .text("rule", board.ranking.rule)
      .text("protocol", protocol_text(track))
      .flag("is_training", track.task == Task::train)
      .text("how", ranking_rule(track).describe(track))
      .text("how_metric", metric_text(track.metric));
  if (!board.competition.description.empty()) {
    page.text("description", board.competition.description);
  }
  for (const BoardEntry& entry : board.entries) {
    if (!entry.score || entry.score->samples == 0) continue;
    page.text("samples", std::to_string(entry.score->samples));
    break;
  }
}

}  // namespace

std::string board_page(const Board& board, const Place& place) {
  Values page;
  put_track(page, board, place);
  std::vector<Values> sections;
  for (const RankedSection& section : board.ranking.sections) {
    sections.push_back(section_values(view_of(board, section, place)));
  }
  page.flag("has_sections", !sections.empty()).list("sections", std::move(sections));
  page.flag("has_held", !board.held.empty()).list("held", held_values(board, place));
  page.flag("has_unranked", !board.ranking.unranked.empty())
      .list("unranked", unranked_values(board, place));
  std::vector<Values> refused;
  for (const RefusedEntry& one : board.refused) {
    refused.emplace_back().text("name", one.name).text("reason", one.reason);
  }
  page.flag("has_refused", !refused.empty()).list("refused", std::move(refused));
  page.text("json", "board.json").text("csv", "board.csv");
  return laid_out(&board, title_of(board.competition) + " – " + title_of(board.track), place.root,
                  render(leaderboard_site::kBoardPageMustache, page));
}

}  // namespace joulebench
