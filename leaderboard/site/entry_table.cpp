#include "leaderboard/site/entry_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/interval_bar.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/rule_words.h"

namespace joulebench {
namespace {

/// A section with what all its rows have in common.
struct TableView {
  const BoardView& view;
  const RankedSection& section;
  const SectionTable& table;
  const SectionLook& look;

  const BoardEntry& entry(std::size_t row) const {
    return view.board.entries[table.rows[row].entry];
  }
};

/// Caveats of its own, each name once.
std::string marks_of(const TableView& of, std::size_t row) {
  std::set<std::string> names;
  for (const Flag& flag : caveats_of(of.entry(row))) {
    if (!of.look.common.contains(flag.name)) names.insert(of.view.look.say(flag.name));
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<Values> rank_cells(const TableView& of, const std::vector<const RankedEntry*>& places) {
  std::vector<Values> ranks;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Values& rank = ranks.emplace_back();
    const bool is_only = !of.view.board.ranking.cumulative;
    rank.text("label", is_only ? of.view.look.say("rank") : of.section.categories[i].label);
    if (places[i] == nullptr) continue;
    rank.text("rank", rank_text(*places[i]));
    // Groups that are numbers, where letters run out, would be read as ranks.
    const std::string& group = places[i]->group;
    if (!group.empty() && std::isalpha(static_cast<unsigned char>(group[0])))
      rank.text("group", group);
  }
  return ranks;
}

void put_figures(Values& values, const TableView& of, std::size_t row) {
  const SectionTable& table = of.table;
  const Score& score = of.view.board.ranked(of.table.rows[row].entry);
  values.text("energy", table.energy[row])
      .text("energy_interval", table.energy_interval[row])
      .html("energy_bar", interval_bar(*energy_figure(score), of.look.energy))
      .text("quality", table.quality[row])
      .text("quality_interval", table.quality_interval[row])
      .html("quality_bar", interval_bar(*quality(score), of.look.quality))
      .text("ratio", table.ratio[row])
      .text("ratio_interval", table.ratio_interval[row])
      .text("hypervolume", table.hypervolume[row])
      .text("grams", table.grams[row])
      .text("watts", table.watts[row])
      .text("speed", of.view.board.track.scenario == Scenario::single_stream
                         ? table.latency_median[row]
                         : table.speed[row])
      .text("blocks", table.blocks[row]);
  if (of.look.shares[row]) {
    values.html("shares", share_bar(*of.look.shares[row]))
        .text("share_words", share_words(*of.look.shares[row]));
  }
}

Values row_values(const TableView& of, std::size_t row,
                  const std::vector<const RankedEntry*>& places) {
  const RunRecord& record = of.entry(row).run.record;
  Values values;
  values.list("ranks", rank_cells(of, places))
      .text("link", of.view.place.entry_link(of.table.rows[row].entry))
      .text("name", record.entry.name)
      .flag("is_baseline", record.entry.is_baseline)
      .text("version", record.entry.version)
      .text("date", record.started_at_utc.substr(0, 10))
      .text("marks", marks_of(of, row));
  if (!record.entry.team.empty()) values.text("team", record.entry.team);
  put_figures(values, of, row);
  return values;
}

/// One group of all rows, or where an entry stands in one category only, one for each of them.
std::vector<Values> row_groups(const TableView& of, std::size_t first, std::size_t last) {
  const std::vector<SectionRow>& rows = of.table.rows;
  std::vector<Values> groups;
  const RankedCategory* last_category = nullptr;
  std::vector<Values> list;
  const auto end_group = [&] {
    if (list.empty()) return;
    Values& group = groups.emplace_back();
    if (last_category != nullptr)
      group.text("title", category_title(*last_category, of.view.look.say));
    group.list("rows", std::move(list));
    list.clear();
  };
  for (std::size_t row = first; row < last; ++row) {
    if (of.view.board.ranking.cumulative) {
      list.push_back(row_values(of, row, rows[row].places));
      continue;
    }
    const auto place = std::find_if(rows[row].places.begin(), rows[row].places.end(),
                                    [](const RankedEntry* one) { return one != nullptr; });
    const auto* category =
        &of.section.categories[static_cast<std::size_t>(place - rows[row].places.begin())];
    if (category != last_category) end_group();
    last_category = category;
    list.push_back(row_values(of, row, {*place}));
  }
  end_group();
  return groups;
}

std::vector<Values> rank_heads(const TableView& of) {
  std::vector<Values> heads;
  if (!of.view.board.ranking.cumulative) {
    heads.emplace_back().text("label", of.view.look.say("in its class"));
    return heads;
  }
  for (const RankedCategory& category : of.section.categories) {
    heads.emplace_back().text("label", category.label);
  }
  return heads;
}

struct TimeColumn {
  const char* css;
  const char* name;
  const char* unit;
};
TimeColumn time_column(const Track& track) {
  if (track.task == Task::train) return {"train", "Trained in", "s"};
  if (track.scenario == Scenario::single_stream) return {"stream", "Time", "µs"};
  return {"offline", "Speed", "samples/s"};
}

/// "uJ": a unit as a class of the style sheet.
std::string unit_css(const EnergyUnit& unit) {
  const std::string name = unit.name;
  return name.starts_with("µ") ? "uJ" : name;
}

void put_heads(Values& values, const TableView& of) {
  const Texts& say = of.view.look.say;
  const Track& track = of.view.board.track;
  const SectionTable& table = of.table;
  const TimeColumn time = time_column(track);
  const bool is_accuracy = track.metric.name == "accuracy";
  values.list("rank_heads", rank_heads(of))
      .text("energy_unit", say("{} per {}", {table.unit.name, say(unit_of_work(track.task))}))
      .text("unit_css", unit_css(table.unit) + (is_accuracy ? " pc " : " ") + time.css)
      .text("metric", say(metric_title(track.metric)))
      .text("metric_unit", metric_unit(track.metric.is_share))
      .text("time", say(time.name))
      .text("time_unit", say(time.unit))
      .text("mass_unit", table.mass.name)
      .text("confidence", percent_text(track.ranking.confidence))
      .flag("has_baseline", table.has_baseline)
      .flag("has_shares", of.look.has_shares)
      .flag("has_hypervolume", table.figures.hypervolume.has_value())
      .flag("has_carbon", of.view.board.carbon.has_value())
      .flag("is_modelled", table.is_modelled);
  if (!is_accuracy) values.text("metric_label", say(metric_title(track.metric)));
}

}  // namespace

std::string entry_table(const BoardView& view, std::size_t section, std::size_t first,
                        std::size_t last) {
  const TableView of{.view = view,
                     .section = view.board.ranking.sections[section],
                     .table = view.tables[section],
                     .look = view.looks[section]};
  Values values;
  put_heads(values, of);
  values.text("number", std::to_string(section + 1)).list("groups", row_groups(of, first, last));
  return view.look.render("entry_table.mustache", values);
}

}  // namespace joulebench
