#include "leaderboard/site/entry_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

constexpr std::size_t kMostWorst = 5;

std::string class_name(const Score& score, std::int32_t number, const Texts& say) {
  if (number < 0) return say("no class");
  const auto at = static_cast<std::size_t>(number);
  return at < score.class_names.size() ? score.class_names[at] : std::to_string(number);
}

std::string share_text(std::uint64_t part, std::uint64_t all) {
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(all);
  // What happened is never shown as 0, and what did not always happen never as 100.
  if (part > 0 && percent < 0.05) return "<0.1";
  if (part < all && percent >= 99.95) return ">99.9";
  return fmt::format("{:.1f}", percent);
}

std::vector<Values> worst_rows(const Score& score, const Texts& say) {
  std::vector<const ClassAnswers*> worst;
  for (const ClassAnswers& one : score.class_answers) {
    if (one.right < one.times) worst.push_back(&one);
  }
  std::stable_sort(worst.begin(), worst.end(), [](const ClassAnswers* a, const ClassAnswers* b) {
    return a->share() < b->share();
  });
  worst.resize(std::min(worst.size(), kMostWorst));
  std::vector<Values> rows;
  for (const ClassAnswers* one : worst) {
    Values& row = rows.emplace_back();
    row.text("name", class_name(score, one->label, say))
        .text("right", share_text(one->right, one->times));
    if (one->wrong.empty()) continue;
    row.text("taken_for", class_name(score, one->wrong.front().answer, say))
        .text("taken", share_text(one->wrong.front().times, one->times));
  }
  return rows;
}

/// Whether the score has every answer of every class.
bool is_complete(const std::vector<ClassAnswers>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t sum = rows[i].right;
    for (const WrongAnswer& wrong : rows[i].wrong) sum += wrong.times;
    if (sum != rows[i].times) return false;
    if (i > 0 && rows[i - 1].label >= rows[i].label) return false;
  }
  return rows.size() > 1 && rows.size() <= kMostClassRows;
}

void put_matrix(Values& page, const Score& score, const Texts& say) {
  std::set<std::int32_t> answers;
  bool has_others = false;
  for (const ClassAnswers& row : score.class_answers) {
    answers.insert(row.label);
    for (const WrongAnswer& wrong : row.wrong) {
      if (wrong.answer < 0) {
        has_others = true;
      } else {
        answers.insert(wrong.answer);
      }
    }
  }
  std::vector<std::int32_t> columns(answers.begin(), answers.end());
  if (has_others) columns.push_back(-1);
  std::vector<Values> heads;
  for (const std::int32_t column : columns) {
    heads.emplace_back().text("name", class_name(score, column, say));
  }
  std::vector<Values> rows;
  for (const ClassAnswers& row : score.class_answers) {
    std::map<std::int32_t, std::uint64_t> times{{row.label, row.right}};
    for (const WrongAnswer& wrong : row.wrong) times[wrong.answer] = wrong.times;
    std::vector<Values> cells;
    for (const std::int32_t column : columns) {
      const auto of = times.find(column);
      const std::uint64_t count = of == times.end() ? 0 : of->second;
      cells.emplace_back()
          .text("share", count == 0 ? "·" : share_text(count, row.times))
          .flag("is_right", column == row.label)
          .flag("is_wrong", column != row.label && count > 0);
    }
    rows.emplace_back()
        .text("name", class_name(score, row.label, say))
        .list("cells", std::move(cells));
  }
  page.flag("has_matrix", true)
      .list("answer_heads", std::move(heads))
      .list("answer_rows", std::move(rows));
}

}  // namespace

void put_answers(Values& page, const Score& score, const Texts& say) {
  if (score.class_answers.empty()) return;
  std::vector<Values> worst = worst_rows(score, say);
  const bool complete = is_complete(score.class_answers);
  if (worst.empty() && !complete) return;
  page.flag("has_answers", true).list_with_flag("worst", std::move(worst));
  if (complete) put_matrix(page, score, say);
}

}  // namespace joulebench
