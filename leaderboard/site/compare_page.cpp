#include "leaderboard/site/compare_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/interval_bar.h"
#include "leaderboard/site/entry_summary.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/rule_words.h"

namespace joulebench {
namespace {

using nlohmann::json;

/// A script that hands its data over: pages from disk may not read files. "<" cannot end it.
std::string as_script(const std::string& variable, const json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', false, json::error_handler_t::replace)) {
    text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  }
  return "self." + variable + "=" + text + ";\n";
}

/// What is compared, line by line: a heading for each field of an entry.
json headings_of(const BoardView& view, std::size_t section) {
  const Texts& say = view.look.say;
  const Track& track = view.board.track;
  const std::string unit = view.tables[section].unit.name;
  const std::string metric = say(metric_title(track.metric));
  json ranks = json::array();
  for (const RankedCategory& category : view.board.ranking.sections[section].categories) {
    ranks.push_back(category_title(category, say));
  }
  return {
      {"ranks", std::move(ranks)},
      {"energy", say("Energy") + ", " + say("{} per {}", {unit, say(unit_of_work(track.task))})},
      {"quality", track.metric.is_share ? metric + ", %" : metric},
      {"ratio", say("Times baseline")},
      {"shares", say("CPU, DRAM, GPU")},
      {"watts", say("Power") + ", W"},
      {"speed", track.scenario == Scenario::single_stream ? say("Time") + ", µs"
                : track.task == Task::train               ? say("Trained in") + ", s"
                                                          : say("Speed") + ", " + say("samples/s")},
      {"blocks", say("Blocks")},
      {"version", say("Version")},
      {"date", say("Date")}};
}

json ranks_of(const SectionRow& row) {
  json ranks = json::array();
  for (const RankedEntry* place : row.places) {
    ranks.push_back(place == nullptr ? json() : json::array({rank_text(*place), place->group}));
  }
  return ranks;
}

/// As the page headings have them; a figure with interval is [text, interval, bar].
json entry_of(const BoardView& view, std::size_t section, std::size_t row, const BarScale& energy,
              const BarScale& quality_scale) {
  const SectionTable& table = view.tables[section];
  const std::size_t index = table.rows[row].entry;
  const BoardEntry& entry = view.board.entries[index];
  const EntryIdentity& identity = entry.run.record.entry;
  const auto shares = view.board.ranking.sections[section].is_by_ratio
                          ? std::nullopt
                          : energy_shares(entry.run.record);
  return {view.place.addresses[index],
          shown(identity.name),
          shown(identity.team),
          section,
          ranks_of(table.rows[row]),
          json::array({table.energy[row], table.energy_interval[row],
                       interval_path(*energy_figure(view.board.ranked(index)), energy)}),
          json::array({table.quality[row], table.quality_interval[row],
                       interval_path(*quality(view.board.ranked(index)), quality_scale)}),
          json::array({table.ratio[row], table.ratio_interval[row]}),
          shares ? share_words(*shares) : "",
          table.watts[row],
          view.board.track.scenario == Scenario::single_stream ? table.latency_median[row]
                                                               : table.speed[row],
          table.blocks[row],
          shown(identity.version),
          entry.run.record.started_at_utc.substr(0, 10)};
}

std::vector<Values> pair_rows(const BoardView& view) {
  std::vector<Values> pairs;
  for (const SectionTable& table : view.tables) {
    for (const SectionRow& row : table.rows) {
      if (pairs.size() == kMostPairs) return pairs;
      const ComparedEntry* compared = view.standings[row.entry].compared;
      if (compared == nullptr || !compared->behind) continue;
      for (Values& pair : neighbour_rows(view, row.entry)) {
        // The second of two is the next with more energy.
        const auto& all = pair.all();
        if (std::get<std::string>(all.at("where")) != view.look.say("next with more energy"))
          continue;
        pair.text("first", view.board.entries[row.entry].run.record.entry.name)
            .text("first_link", view.place.entry_link(row.entry))
            .text("link", view.place.entry_link(compared->behind->score));
        pairs.push_back(std::move(pair));
      }
    }
  }
  return pairs;
}

}  // namespace

std::string compare_page(const BoardView& view) {
  Values page;
  std::vector<Values> pairs = pair_rows(view);
  page.text("title", title_of(view.board))
      .text("metric_words", view.look.say(metric_title(view.board.track.metric)))
      .flag("tests_answers", view.board.track.metric.name == "accuracy")
      .list_with_flag("pairs", std::move(pairs));
  return laid_out(view.look,
                  {.title = view.look.say("Compare two entries") + " – " + title_of(view.board),
                   .path = view.place.folder + "compare.html",
                   .root = view.place.root,
                   .script = "compare.js"},
                  view.look.render("compare_page.mustache", page));
}

std::string compare_data(const BoardView& view) {
  json headings = json::array();
  json entries = json::array();
  for (std::size_t section = 0; section < view.tables.size(); ++section) {
    headings.push_back(headings_of(view, section));
    BarScale energy{.low = 1e300, .high = 0, .logarithmic = true};
    BarScale quality_scale{.low = 1e300, .high = -1e300};
    for (const SectionRow& row : view.tables[section].rows) {
      energy.widen(*energy_figure(view.board.ranked(row.entry)));
      quality_scale.widen(*quality(view.board.ranked(row.entry)));
    }
    for (std::size_t row = 0; row < view.tables[section].rows.size(); ++row) {
      entries.push_back(entry_of(view, section, row, energy, quality_scale));
    }
  }
  return as_script("joulebenchCompare", {{"headings", headings}, {"entries", entries}});
}

std::string search_data(const BoardView& view) {
  json entries = json::array();
  for (std::size_t i = 0; i < view.board.entries.size(); ++i) {
    const EntryIdentity& identity = view.board.entries[i].run.record.entry;
    entries.push_back({shown(identity.name), shown(identity.team), view.place.addresses[i]});
  }
  return as_script("joulebenchSearch", entries);
}

}  // namespace joulebench
