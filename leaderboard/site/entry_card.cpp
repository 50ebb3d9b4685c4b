#include "leaderboard/site/entry_card.h"

#include <fmt/format.h>

#include <cctype>

#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/axes.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/leader_words.h"
#include "leaderboard/site/rule_words.h"

namespace joulebench {
namespace {

constexpr std::size_t kLongestLine = 44;  // letters of a card's line

/// "1 of 169 (≥ 95 %)", of the most demanding category that it has a place in.
std::string place_words(const BoardView& view, std::size_t entry) {
  const Texts& say = view.look.say;
  const EntryStanding& standing = view.standings[entry];
  if (standing.held != nullptr) return say("held");
  if (standing.places.empty()) return say("not ranked");
  const auto& [category, ranked] = standing.places.front();
  const std::string place =
      say("{} of {}", {rank_text(*ranked), grouped(std::to_string(category->entries.size()))});
  return place + " (" +
         (category->label.empty() ? category_title(*category, say) : category->label) + ")";
}

/// As the place beside it was given: another run of a ranked entry as that one. Null: no score.
const Score* ranked_score(const BoardView& view, std::size_t entry) {
  const std::size_t place = view.board.place_of(entry);
  return view.board.entries[place].score ? &view.board.ranked(place) : nullptr;
}

std::string energy_words(const BoardView& view, std::size_t entry) {
  const Score* score = ranked_score(view, entry);
  if (score == nullptr || !energy_figure(*score)) return "–";
  const std::string sign = score->energy_class == EnergyClass::modelled ? "≈ " : "";
  return sign + view.look.say("{} per {}", {joules_text(energy_figure(*score)->value),
                                            view.look.say(unit_of_work(score->task))});
}

std::string quality_words(const BoardView& view, std::size_t entry) {
  const Score* score = ranked_score(view, entry);
  if (score == nullptr || !quality(*score)) return {};
  const Estimate reached = shown_metric(*quality(*score), score->is_share);
  return fmt::format("{}{} {}", value_text(reached, 1), score->is_share ? " %" : "",
                     view.look.say(metric_title(view.board.track.metric)));
}

std::string short_line(std::string text) {
  if (text_width(text) <= kLongestLine) return text;
  std::size_t end = 0;
  for (std::size_t letters = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0u) != 0x80u;
    if (begins && letters++ == kLongestLine - 1) break;
  }
  return text.substr(0, end) + "…";
}

std::string line_of(int x, int y, int size, const char* more, const std::string& text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\"{}>{}</text>", x, y, size, more,
                     escape_html(short_line(shown(text))));
}

constexpr const char* kCardBegin =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"630\" viewBox=\"0 0 1200 "
    "630\"><path fill=\"#fff\" d=\"M0 0h1200v630H0z\"/><path fill=\"#0a5c8a\" d=\"M0 "
    "0h24v630H0z\"/><g font-family=\"system-ui,Segoe UI,Roboto,DejaVu Sans,sans-serif\" "
    "fill=\"#1b1f23\">";

std::string badge_of(const std::string& left, const std::string& right) {
  const auto width = [](const std::string& text) {
    return 12 + 7 * static_cast<int>(text_width(text));
  };
  const int middle = width(left);
  const int all = middle + width(right);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" role=\"img\" "
      "aria-label=\"joulebench: {2}, {3}\"><path fill=\"#1b1f23\" d=\"M0 0h{1}v20H0z\"/><path "
      "fill=\"#0a5c8a\" d=\"M{1} 0H{0}v20H{1}z\"/><g fill=\"#fff\" font-family=\"Verdana,DejaVu "
      "Sans,sans-serif\" font-size=\"11\"><text x=\"6\" y=\"14\" "
      "textLength=\"{4}\">{2}</text><text "
      "x=\"{5}\" y=\"14\" textLength=\"{6}\">{3}</text></g></svg>\n",
      all, middle, escape_html(left), escape_html(right), middle - 12, middle + 6,
      all - middle - 12);
}

/// "logistic-regression", "tree and 2 more": who may be first of a category.
std::string leader_names(const BoardView& view, const Leader& leader) {
  const std::string name =
      short_line(shown(view.board.entries[leader.entries.front()].run.record.entry.name));
  const std::size_t more = leader.entries.size() - 1;
  return more == 0 ? name : view.look.say("{} and {} more", {name, std::to_string(more)});
}

}  // namespace

std::string entry_badge(const BoardView& view, std::size_t entry) {
  return badge_of(place_words(view, entry), energy_words(view, entry));
}

std::string entry_card(const BoardView& view, std::size_t entry) {
  const RunRecord& record = view.board.entries[entry].run.record;
  std::string svg = kCardBegin;
  svg += line_of(80, 100, 34, " fill=\"#545d66\"", title_of(view.board));
  svg += line_of(80, 200, 56, " font-weight=\"650\"", record.entry.name);
  svg += line_of(80, 250, 32, " fill=\"#545d66\"", record.entry.team);
  svg += line_of(80, 370, 60, " font-weight=\"650\" fill=\"#0a5c8a\"", energy_words(view, entry));
  svg += line_of(80, 440, 40, "", quality_words(view, entry));
  svg += line_of(80, 500, 40, "", place_words(view, entry));
  svg += line_of(80, 580, 26, " fill=\"#545d66\"",
                 record.started_at_utc.substr(0, 10) + "  " + view.look.base_url);
  return svg + "</g></svg>\n";
}

std::string category_address(const BoardView& view, std::size_t section, std::size_t category) {
  std::string name;
  for (const char c : view.board.ranking.sections[section].categories[category].id) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) || c == '.';
    if (is_plain) name += c;
    if (!is_plain && !name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return (section == 0 ? "categories/" : fmt::format("categories/section-{}/", section + 1)) + name;
}

std::string category_badge(const BoardView& view, std::size_t section, std::size_t category) {
  const RankedCategory& of = view.board.ranking.sections[section].categories[category];
  const Leader leader = leader_of(view.board, of);
  return badge_of(of.label.empty() ? category_title(of, view.look.say) : of.label,
                  leader_names(view, leader) + ", " + energy_words(view, leader.entries.front()));
}

std::string category_card(const BoardView& view, std::size_t section, std::size_t category) {
  const RankedSection& in = view.board.ranking.sections[section];
  const RankedCategory& of = in.categories[category];
  const Leader leader = leader_of(view.board, of);
  const std::size_t first = leader.entries.front();
  std::string svg = kCardBegin;
  svg += line_of(80, 100, 34, " fill=\"#545d66\"", title_of(view.board));
  svg += line_of(80, 150, 34, " fill=\"#545d66\"", category_title(of, view.look.say));
  svg += line_of(80, 250, 56, " font-weight=\"650\"", leader_names(view, leader));
  svg += line_of(80, 370, 60, " font-weight=\"650\" fill=\"#0a5c8a\"", energy_words(view, first));
  svg += line_of(80, 440, 40, "", quality_words(view, first));
  svg += line_of(80, 500, 40, "", lead_words(view, leader));
  svg += line_of(80, 580, 26, " fill=\"#545d66\"",
                 date_words(dates_of(view.board, in), view.look.say) + "  " + view.look.base_url);
  return svg + "</g></svg>\n";
}

}  // namespace joulebench
