#include "leaderboard/site/overview_page.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/board_page.h"
#include "leaderboard/site/chart/energy_quality_rows.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/leader_words.h"
#include "leaderboard/site/rule_words.h"
#include "leaderboard/site/template.h"

namespace joulebench {
namespace {

constexpr std::size_t kMostOfTrack = 12;  // entries of a track on a figure across tracks

/// What sections must have in common to stand on one figure.
using Key = std::tuple<std::string, Task, Scenario, std::string, EnergyClass>;
struct BoardSection {
  const BoardView* view;
  std::size_t number;

  const Board& board() const { return view->board; }
};

std::map<Key, std::vector<BoardSection>> comparable_sections(std::span<const BoardView> views) {
  std::map<Key, std::vector<BoardSection>> comparable;
  for (const BoardView& view : views) {
    const Board& board = view.board;
    for (std::size_t i = 0; i < board.ranking.sections.size(); ++i) {
      comparable[{board.competition.id, board.track.task, board.track.scenario,
                  board.track.metric.name, board.ranking.sections[i].energy_class}]
          .push_back({&view, i});
    }
  }
  return comparable;
}

/// By name, so that a method stands at the same place of each group.
std::vector<ChartRow> chart_rows(const BoardSection& of) {
  const SitePlace& place = of.view->place;
  std::vector<ChartRow> rows;
  for (const SectionRow& one : of.view->tables[of.number].rows) {
    if (rows.size() == kMostOfTrack) break;  // those with the least energy
    const BoardEntry& entry = of.board().entries[one.entry];
    rows.push_back({.group = title_of(of.board().track),
                    .name = shown(entry.run.record.entry.name),
                    .link = place.folder + place.entry_link(one.entry),
                    .energy = *energy_figure(of.board().ranked(one.entry)),
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
  const Board& first = sections.front().board();
  const Texts& say = sections.front().view->look.say;
  Values figure;
  figure.text("heading",
              title_of(first.competition) +
                  say(task == Task::train ? ": training" : ": prediction") +
                  (scenario == Scenario::single_stream ? say(", one sample at a time") : ""));
  if (energy_class == EnergyClass::modelled) figure.text("mark", say("MODELLED, not measured"));
  const QualityAxis axis{.name = metric, .unit = metric_unit(first.track.metric.is_share)};
  const std::string energy = say("energy per {}", {say(unit_of_work(task))});
  figure.text("metric", metric)
      .text("energy", energy)
      .html("chart_wide", energy_quality_rows(rows, energy, axis, 760))
      .html("chart_phone", energy_quality_rows(rows, say("energy"), axis, 350))
      .text("confidence", percent_text(first.track.ranking.confidence));
  return figure;
}

/// A track with its leaders and a chart of its first section.
Values board_card(const BoardView& view) {
  const Board& board = view.board;
  Values card;
  card.text("competition", title_of(board.competition))
      .text("track", title_of(board.track))
      .text("link", view.place.folder + "index.html")
      .text("dataset", board.track.dataset)
      .text("entries", grouped(std::to_string(board.entries.size())));
  if (!board.note.empty()) card.text("note", shown(note_words(board.note, view.look.say)));
  if (board.ranking.sections.empty()) return card;
  const RankedSection& section = board.ranking.sections.front();
  card.list("leaders", leader_words(view, 0))
      .text("folder", view.place.folder)
      .text("unit", view.look.say("{} per {}", {view.tables[0].unit.name,
                                                view.look.say(unit_of_work(board.track.task))}))
      .text("node", section.node)
      .text("class_words", class_words(section, view.look.say))
      .text("dates", date_words(dates_of(board, section), view.look.say))
      .html("chart", section_chart(view, 0, true));
  if (section.energy_class == EnergyClass::modelled) {
    card.text("mark", view.look.say("modelled, not measured"));
  }
  return card;
}

}  // namespace

std::string overview_page(std::span<const BoardView> views, const SiteLook& look) {
  std::vector<Values> figures;
  for (const auto& [key, sections] : comparable_sections(views)) {
    if (sections.size() >= 2) figures.push_back(figure_across(key, sections));
  }
  std::vector<Values> cards;
  std::set<std::string> competitions;
  for (const BoardView& view : views) {
    cards.push_back(board_card(view));
    competitions.insert(title_of(view.board.competition));
  }
  const bool is_one = competitions.size() == 1;
  const std::string title = is_one ? *competitions.begin() : look.say("Boards");
  Values page;
  page.text("title", title)
      .text("description", is_one ? views.front().board.competition.description : "")
      .flag("has_several", !is_one)
      .list_with_flag("figures", std::move(figures))
      .list("boards", std::move(cards));
  return laid_out(look, {.title = title, .path = "index.html"},
                  look.render("overview_page.mustache", page));
}

}  // namespace joulebench
