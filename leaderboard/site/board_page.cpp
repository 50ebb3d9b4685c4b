#include "leaderboard/site/board_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/text.h"
#include "leaderboard/site/entry_card.h"
#include "leaderboard/site/entry_lists.h"
#include "leaderboard/site/entry_table.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/leader_words.h"
#include "leaderboard/site/rule_words.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {
namespace {

QualityAxis axis_of(const Track& track, const Texts& say) {
  return {.name = say(metric_title(track.metric)),
          .unit = metric_unit(track.metric.is_share),
          .less_is_better = track.metric.less_is_better};
}

/// The floors with the least energy of each category, the most demanding first.
std::vector<ChartFloor> floors_of(const BoardView& view, const RankedSection& section) {
  std::vector<ChartFloor> floors;
  if (!ranking_rule(view.board.track).draws_floors) return floors;
  const double factor = view.board.track.metric.is_share ? 100 : 1;
  for (const double floor : view.board.track.ranking.floors) {
    ChartFloor one{.floor = floor * factor};
    for (const RankedCategory& category : section.categories) {
      if (category.floor == floor && !category.entries.empty()) {
        one.joules = energy_figure(view.board.score(category.entries.front()))->value;
      }
    }
    floors.push_back(one);
  }
  std::sort(floors.begin(), floors.end(),
            [](const ChartFloor& a, const ChartFloor& b) { return a.floor > b.floor; });
  if (view.board.track.metric.less_is_better) std::reverse(floors.begin(), floors.end());
  return floors;
}

ChartPoint point_of(const BoardView& view, std::size_t entry) {
  const BoardEntry& of = view.board.entries[entry];
  const Score& score = view.board.ranked(entry);
  return {.name = shown(of.run.record.entry.name),
          .link = view.place.entry_link(entry),
          .quality = shown_metric(*quality(score), score.is_share),
          .joules = *energy_figure(score),
          .is_baseline = of.run.record.entry.is_baseline};
}

std::vector<ChartPoint> points_of(const BoardView& view, std::size_t number) {
  const RankedSection& section = view.board.ranking.sections[number];
  std::set<std::size_t> leaders;
  for (const RankedCategory& category : section.categories) {
    if (!category.entries.empty()) leaders.insert(category.entries.front().score);
  }
  std::vector<Score> scores;
  std::vector<ChartPoint> points;
  for (const SectionRow& row : view.tables[number].rows) {
    scores.push_back(view.board.ranked(row.entry));
    points.push_back(point_of(view, row.entry));
    points.back().is_leader = leaders.contains(row.entry);
  }
  const std::vector<bool> front = non_dominated(scores);
  for (std::size_t i = 0; i < points.size(); ++i) points[i].is_front = front[i];
  for (const HeldEntry& held : view.board.held) {
    const std::optional<Score>& score = view.board.entries[held.entry].score;
    // Held entries stand on the chart of what they would be ranked with.
    if (!score || !quality(*score) || !energy_figure(*score) || score->node != section.node ||
        score->source != section.source || score->total_formula != section.formula) {
      continue;
    }
    points.push_back(point_of(view, held.entry));
    points.back().is_held = true;
  }
  // Also where it reaches no floor: all are compared with it.
  if (section.baseline && view.standings[*section.baseline].section == nullptr) {
    const std::optional<Score>& score = view.board.entries[*section.baseline].score;
    if (score && quality(*score) && energy_figure(*score)) {
      points.push_back(point_of(view, *section.baseline));
    }
  }
  return points;
}

std::string heading_of(const BoardView& view, const RankedSection& section) {
  const Texts& say = view.look.say;
  if (view.board.ranking.sections.size() == 1) return say("Who leads");
  return say("Who leads") + ": " + class_words(section, say);
}

/// Links to a section's pages of rows.
std::vector<Values> page_links(const BoardView& view, std::size_t section, std::size_t current) {
  std::vector<Values> links;
  const std::size_t pages = pages_of(view, section);
  for (std::size_t page = 1; pages > 1 && page <= pages; ++page) {
    const std::size_t last = std::min(page * kRowsPerPage, view.tables[section].rows.size());
    Values& link = links.emplace_back();
    link.text("label", fmt::format("{}–{}", (page - 1) * kRowsPerPage + 1, last))
        .flag("is_current", page == current)
        .text("link", page == 1 ? "index.html#entries-" + std::to_string(section + 1)
                                : further_page_name(section, page));
  }
  return links;
}

std::vector<Values> lines_of(const std::vector<std::string>& texts) {
  std::vector<Values> lines;
  for (const std::string& text : texts) lines.push_back(Values().text("line", text));
  return lines;
}

Values section_values(const BoardView& view, std::size_t number) {
  const RankedSection& section = view.board.ranking.sections[number];
  const SectionTable& table = view.tables[number];
  const Board& board = view.board;
  const Texts& say = view.look.say;
  Values values;
  std::vector<Values> caveats = caveat_words(view, number);
  values.text("number", std::to_string(number + 1))
      .text("heading", heading_of(view, section))
      .text("class_words", class_words(section, say))
      .text("node", section.node)
      .list("node_comparison", lines_of(node_comparison_of(board, section)))
      .text("dates", date_words(dates_of(board, section), say))
      .text("apart", section.apart)
      .text("environment", environment_of(board, section))
      .flag("is_host", !section.environment && !board.competition.environments.empty())
      .text("formula", table.is_modelled ? say("CPU time times an assumed power") : section.formula)
      .text("unit", say("{} per {}", {table.unit.name, say(unit_of_work(board.track.task))}))
      .list_with_flag("caveats", std::move(caveats))
      .list("leaders", leader_words(view, number))
      .html("chart", section_chart(view, number, false))
      .flag("marks_baseline", section.baseline.has_value())
      .flag("marks_held", !board.held.empty())
      .text("confidence", percent_text(board.track.ranking.confidence))
      .text("better", board.track.metric.less_is_better ? say("Down") : say("Up"))
      .html("table", entry_table(view, number, 0, std::min(kRowsPerPage, table.rows.size())))
      .list("pages", page_links(view, number, 1))
      .flag("has_pages", pages_of(view, number) > 1)
      .text("entries", grouped(std::to_string(table.rows.size())));
  if (table.is_modelled) values.text("mark", say(kModelled)).text("mark_text", say(kModelledText));
  if (board.carbon) values.text("carbon_source", carbon_source(*board.carbon));
  return values;
}

std::string task_text(const Track& track, const Texts& say) {
  if (track.task == Task::train) return say("learn from labels");
  return track.scenario == Scenario::offline ? say("predict, all samples at once")
                                             : say("predict, one sample at a time");
}

std::string protocol_text(const Track& track, const Texts& say) {
  const Protocol& protocol = track.protocol;
  const std::string blocks = protocol.adds_blocks
                                 ? fmt::format("{}–{}", protocol.blocks, protocol.most_blocks)
                                 : std::to_string(protocol.blocks);
  if (track.task == Task::train) {
    return say("{} trainings, each with a seed of its own", {blocks});
  }
  const std::string text =
      say("{} blocks of at least {} s", {blocks, fmt::format("{:g}", protocol.min_block.count())});
  if (protocol.looks != LooksRule::once) return text;
  return text + "; " + say("a sandbox sees each hidden sample once");
}

/// What the track asks for, at the page's head.
void put_track(Values& page, const BoardView& view) {
  const Board& board = view.board;
  const Track& track = board.track;
  page.flag("has_overview", !view.place.alone)
      .text("root", view.place.root)
      .text("title", title_of(board.competition))
      .text("track", title_of(track))
      .text("dataset", track.dataset)
      .text("task", task_text(track, view.look.say))
      .text("rule", board.ranking.rule)
      .text("protocol", protocol_text(track, view.look.say));
  if (!board.competition.description.empty()) {
    page.text("description", board.competition.description);
  }
  if (!board.note.empty()) page.text("note", shown(note_words(board.note, view.look.say)));
  for (const BoardEntry& entry : board.entries) {
    if (!entry.score || entry.score->samples == 0) continue;
    page.text("samples", grouped(std::to_string(entry.score->samples)));
    break;
  }
}

/// Each category's badge and card, for others' pages.
std::vector<Values> picture_links(const BoardView& view) {
  std::vector<Values> links;
  const auto& sections = view.board.ranking.sections;
  for (std::size_t section = 0; section < sections.size(); ++section) {
    for (std::size_t i = 0; i < sections[section].categories.size(); ++i) {
      if (sections[section].categories[i].entries.empty()) continue;
      const std::string address = category_address(view, section, i);
      links.emplace_back()
          .text("category", category_title(sections[section].categories[i], view.look.say))
          .text("badge", address + ".badge.svg")
          .text("card", address + ".card.svg");
    }
  }
  return links;
}

PageHead head_of(const BoardView& view, const std::string& file) {
  PageHead head{.title = title_of(view.board),
                .path = view.place.folder + file,
                .root = view.place.root,
                .feed = "feed.xml"};
  if (view.board.ranking.sections.empty()) return head;
  // A section has at least one category with entries; the best classes may be empty.
  const auto& categories = view.board.ranking.sections.front().categories;
  const auto found = std::find_if(categories.begin(), categories.end(),
                                  [](const RankedCategory& one) { return !one.entries.empty(); });
  const RankedCategory& first = *found;
  const EntryIdentity& leader = view.board.entries[first.entries.front().score].run.record.entry;
  head.image = view.place.folder +
               category_address(view, 0, static_cast<std::size_t>(found - categories.begin())) +
               ".card.svg";
  head.description = shown(view.look.say("{} leads ({}): least energy of {} entries.",
                                         {leader.name, category_title(first, view.look.say),
                                          std::to_string(view.board.entries.size())}));
  return head;
}

}  // namespace

std::string section_chart(const BoardView& view, std::size_t section, bool is_small) {
  const RankedSection& of = view.board.ranking.sections[section];
  return quality_energy_chart(points_of(view, section),
                              {.quality = axis_of(view.board.track, view.look.say),
                               .floors = floors_of(view, of),
                               .unit = view.tables[section].unit,
                               .per = unit_of_work(view.board.track.task),
                               .is_small = is_small},
                              view.look.say);
}

std::string board_page(const BoardView& view) {
  Values page;
  put_track(page, view);
  std::vector<Values> sections;
  for (std::size_t i = 0; i < view.board.ranking.sections.size(); ++i) {
    sections.push_back(section_values(view, i));
  }
  page.list("pictures", picture_links(view))
      .list_with_flag("sections", std::move(sections))
      .flag("has_held", !view.board.held.empty())
      .text("held", std::to_string(view.board.held.size()))
      .html("lists", entry_lists(view, has_unranked_page(view)));
  return laid_out(view.look, head_of(view, "index.html"),
                  view.look.render("board_page.mustache", page), &view.board);
}

std::size_t pages_of(const BoardView& view, std::size_t section) {
  return (view.tables[section].rows.size() + kRowsPerPage - 1) / kRowsPerPage;
}

std::string further_page_name(std::size_t section, std::size_t page) {
  return section == 0 ? fmt::format("page-{}.html", page)
                      : fmt::format("section-{}-page-{}.html", section + 1, page);
}

std::string further_page(const BoardView& view, std::size_t section, std::size_t page) {
  const std::size_t first = (page - 1) * kRowsPerPage;
  const std::size_t last = std::min(first + kRowsPerPage, view.tables[section].rows.size());
  Values further;
  further.text("title", title_of(view.board))
      .text("range", fmt::format("{}–{}", first + 1, last))
      .html("table", entry_table(view, section, first, last))
      .list("pages", page_links(view, section, page))
      .flag("has_pages", true);
  Values values;
  values.list("further", {further});
  return laid_out(view.look, head_of(view, further_page_name(section, page)),
                  view.look.render("board_page.mustache", values));
}

bool has_unranked_page(const BoardView& view) {
  return view.board.ranking.unranked.size() + view.board.held.size() + view.board.refused.size() >
         kMostUnranked;
}

std::string unranked_page(const BoardView& view) {
  Values rest;
  rest.text("title", title_of(view.board)).html("lists", entry_lists(view, false));
  Values values;
  values.list("rest", {rest});
  return laid_out(view.look, head_of(view, "not-ranked.html"),
                  view.look.render("board_page.mustache", values));
}

}  // namespace joulebench
