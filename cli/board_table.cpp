#include "cli/board_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/text.h"
#include "leaderboard/entry_versions.h"
#include "leaderboard/number_text.h"
#include "leaderboard/section_table.h"

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

/// The ranks of each row: one column per category, or category and rank where an entry has one
/// only.
std::vector<Column> rank_columns(const Board& board, const RankedSection& section,
                                 const std::vector<SectionRow>& rows) {
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
    return columns;
  }
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
  return columns;
}

/// Numbers that are absent as a dash, decimal points in line.
std::vector<std::string> aligned(std::vector<std::string> numbers, const char* absent = "-") {
  for (std::string& number : numbers) {
    if (number.empty()) number = absent;
  }
  align_decimals(numbers, " ", " ");
  return numbers;
}

bool any_number(const std::vector<std::string>& numbers) {
  return std::any_of(numbers.begin(), numbers.end(),
                     [](const std::string& number) { return !number.empty(); });
}

Column entry_column(const Board& board, const std::vector<SectionRow>& rows) {
  Column column{.title = "entry", .right = false};
  for (const SectionRow& row : rows) {
    const BoardEntry& entry = board.entries[row.entry];
    column.cells.push_back(name_of(entry) +
                           (entry.run.record.entry.is_baseline ? " (baseline)" : ""));
  }
  return column;
}

Column version_column(const Board& board, const std::vector<SectionRow>& rows) {
  Column column{.title = "version", .unit = "and id", .right = false};
  for (const SectionRow& row : rows) {
    const EntryIdentity& identity = board.entries[row.entry].run.record.entry;
    const std::string version = printable(identity.version, 12);
    column.cells.push_back(version + (version.empty() ? "" : " ") + short_id(identity.id));
  }
  return column;
}

/// What may have spoiled an entry's figures, by name beside it.
Column mark_column(const Board& board, const std::vector<SectionRow>& rows) {
  Column column{.title = "marks", .right = false};
  for (const SectionRow& row : rows) {
    std::set<std::string> names;
    for (const Flag& flag : caveats_of(board.entries[row.entry])) names.insert(flag.name);
    column.cells.push_back(printable(fmt::format("{}", fmt::join(names, ", ")), 80));
  }
  return column;
}

/// The marks in words: of each what it says of the first entry that has it.
std::string mark_text(const Board& board, const std::vector<SectionRow>& rows) {
  std::map<std::string, std::string> words;
  for (const SectionRow& row : rows) {
    const BoardEntry& entry = board.entries[row.entry];
    for (const Flag& flag : caveats_of(entry)) {
      words.try_emplace(flag.name, name_of(entry) + ": " + flag.detail);
    }
  }
  std::string text;
  for (const auto& [name, detail] : words) {
    text += fmt::format("  {}: {}\n", printable(name, 40), printable(detail, 300));
  }
  return text.empty() ? text : "\n" + text;
}

std::vector<Column> columns_of(const Board& board, const RankedSection& section,
                               const SectionTable& table) {
  const Track& track = board.track;
  const std::string interval = fmt::format("{:g} % interval", track.ranking.confidence * 100);
  std::vector<Column> columns = rank_columns(board, section, table.rows);
  columns.push_back(entry_column(board, table.rows));
  const auto add = [&columns](std::string title, std::string unit,
                              std::vector<std::string> cells) -> Column& {
    return columns.emplace_back(
        Column{.title = std::move(title), .unit = std::move(unit), .cells = std::move(cells)});
  };
  Column& energy = add("energy", table.energy_per, aligned(table.energy));
  if (table.is_modelled) {
    for (std::string& cell : energy.cells) cell = "~" + cell;
  }
  add("", interval, table.energy_interval);
  add(track.metric.name, metric_unit(track.metric.is_share), aligned(table.quality));
  add("", interval, table.quality_interval);
  if (table.has_baseline) {
    add("energy over", "baseline's", aligned(table.ratio));
    add("", interval, table.ratio_interval);
  }
  if (table.figures.hypervolume) add("dominates", "% of area", aligned(table.hypervolume));
  if (board.carbon) {
    const char* per = track.task == Task::train ? "training" : "1e6";
    add("carbon", fmt::format("{}CO2e/{}", table.mass.name, per), aligned(table.grams));
  }
  add("power", "W", aligned(table.watts));
  if (any_number(table.latency_median)) {
    add("latency", "µs, median", aligned(table.latency_median));
    add("latency", "µs, p99", aligned(table.latency_p99));
  }
  add("blocks", "", table.blocks);
  Column marks = mark_column(board, table.rows);
  const auto is_marked = [](const std::string& cell) { return !cell.empty(); };
  if (std::any_of(marks.cells.begin(), marks.cells.end(), is_marked)) {
    columns.push_back(std::move(marks));
  }
  columns.push_back(version_column(board, table.rows));
  return columns;
}

/// At what errors its entries are called different.
std::string error_text(const Board& board, const RankedSection& section) {
  const bool has_test = std::any_of(
      section.categories.begin(), section.categories.end(), [](const RankedCategory& category) {
        return !category.entries.empty() && !category.entries.front().group.empty();
      });
  if (!has_test) return {};
  const double whole = 100 * (1 - board.track.ranking.confidence);
  std::string text = fmt::format("  pairs differ at an error of {:.2g} %, a winner is named at ",
                                 100 * section.error);
  text += fmt::format("{:.2g} % over all pairs", 100 * section.error);
  if (board.track.protocol.adds_blocks) {
    text += fmt::format("; look {} at this campaign, {:g} % over all looks", section.looks, whole);
  }
  return text + "\n";
}

/// Where and how the section was measured, and who leads it.
std::string section_head(const Board& board, const RankedSection& section,
                         const SectionTable& table) {
  std::string text;
  if (table.is_modelled) {
    text +=
        "  MODELLED, not measured (~): joules are CPU seconds times an assumed power; they rank "
        "among\n  themselves only and say nothing about measured entries.\n";
  }
  text +=
      fmt::format("  {} on {}\n  energy is {}\n\n", to_string(section.energy_class),
                  printable(section.node, 300), board.ranked(table.rows[0].entry).total_formula);
  const std::vector<std::string> compared = node_comparison_of(board, section);
  if (compared.empty() && !section.apart.empty()) {
    text.insert(text.size() - 1,
                "  apart from the first section: " + printable(section.apart, 400) + "\n");
  }
  for (const std::string& line : compared) {
    text.insert(text.size() - 1, "  " + printable(line, 400) + "\n");
  }
  if (const std::string environment = environment_of(board, section); !environment.empty()) {
    text.pop_back();
    text += fmt::format("  entries ran in {}\n\n", printable(environment, 100));
  }
  for (const RankedCategory& category : section.categories) {
    const Leader leader = leader_of(board, category);
    std::string names;
    for (const std::size_t index : leader.entries) {
      names += (names.empty() ? "" : ", ") + name_of(board.entries[index]);
    }
    if (names.empty()) {
      text += fmt::format("  {}: {}\n", category.title, leader.verdict);
    } else {
      text += fmt::format("  {}: {} ({})\n", category.title, names, printable(leader.verdict, 200));
    }
  }
  return text + error_text(board, section);
}

std::string section_text(const Board& board, const RankedSection& section) {
  const SectionTable table = table_of(board, section);
  std::string text = section_head(board, section, table) + "\n" +
                     laid_out(columns_of(board, section, table)) + mark_text(board, table.rows);
  if (board.carbon) {
    text += fmt::format("\n  carbon: CO2e of {}, never ranked; {}\n",
                        board.track.task == Task::train ? "one training" : "1,000,000 samples",
                        printable(carbon_source(*board.carbon), 300));
  }
  return text;
}

std::string superseded_text(const Board& board) {
  if (board.superseded.empty()) return {};
  std::string text = "\n  other versions:\n";
  for (const SupersededEntry& one : board.superseded) {
    const auto shown = [&board](std::size_t entry) {
      const EntryIdentity& identity = board.entries[entry].run.record.entry;
      return fmt::format("{} ({})", printable(identity.version, 40), short_id(identity.id));
    };
    text += fmt::format("  {}: {}, in the ranks {}\n", name_of(board.entries[one.entry]),
                        shown(one.entry), shown(one.by));
  }
  return text;
}

}  // namespace

std::string board_table(const Board& board) {
  const std::string& title = board.competition.title;
  std::string text = fmt::format("{}, track {} (dataset {}, rule {})\n",
                                 title.empty() ? board.competition.id : title, board.track.id,
                                 board.track.dataset, board.ranking.rule);
  if (!board.note.empty()) text += "\n  " + printable(board.note, 300) + "\n";
  for (const RankedSection& section : board.ranking.sections) {
    text += "\n" + section_text(board, section);
  }
  if (board.ranking.sections.empty()) text += "\n  no entry is ranked yet\n";
  if (!board.held.empty()) {
    text +=
        "\n  held, not verified: out of the ranks until the organizer accepts or disqualifies "
        "them\n";
  }
  for (const HeldEntry& one : board.held) {
    text += fmt::format("  {}\n", name_of(board.entries[one.entry]));
    for (const Flag& flag : one.evidence) {
      text += fmt::format("    {}: {}\n", printable(flag.name, 80), printable(flag.detail, 500));
    }
  }
  text += superseded_text(board);
  if (!board.refused.empty()) text += "\n  could not be read or measured:\n";
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
  // Names of nodes, categories and titles come from records and competitions, which may be foreign.
  return printable(text + "\n", std::string::npos);
}

}  // namespace joulebench
