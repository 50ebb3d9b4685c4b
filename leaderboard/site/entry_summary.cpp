#include "leaderboard/site/entry_summary.h"

#include <fmt/format.h>

#include "leaderboard/number_text.h"
#include "leaderboard/site/rule_words.h"
#include "scoring/comparison.h"

namespace joulebench {
namespace {

std::string in_brackets(const std::optional<Interval>& interval, const std::string& text,
                        const Texts& say) {
  return interval ? " (" + interval_words(grouped(text), say) + ")" : "";
}

std::string quality_words(const Score& score, const Texts& say) {
  const Estimate reached = shown_metric(*quality(score), score.is_share);
  std::string metric = score.metric;
  for (char& c : metric) c = c == '-' ? ' ' : c;
  return fmt::format("{}{} {}", value_text(reached, 1), score.is_share ? " %" : "", say(metric)) +
         in_brackets(reached.interval, interval_text(reached, 1), say);
}

std::string energy_sentence(const BoardView& view, const EntryStanding& standing,
                            const Score& score) {
  const Texts& say = view.look.say;
  const Estimate& energy = *energy_figure(score);
  const EnergyUnit unit = energy_unit_for({&energy.value, 1});
  const std::string absolute = grouped(value_text(energy, unit.joules)) + " " + unit.name;
  const std::string per = say(unit_of_work(score.task));
  const std::string reached = quality_words(score, say);
  if (score.is_baseline) {
    return say("It is the baseline: {} per {} at {}.", {absolute, per, reached});
  }
  const ComparedEntry* compared = standing.compared;
  if (compared != nullptr && compared->of_baseline) {
    const Estimate& ratio = *compared->of_baseline;
    return say("Uses {} times the baseline’s energy{} at {}: {} per {}.",
               {grouped(value_text(ratio, 1)),
                in_brackets(ratio.interval, interval_text(ratio, 1), say), reached, absolute, per});
  }
  return say("Uses {} per {}{} at {}.",
             {absolute, per, in_brackets(energy.interval, interval_text(energy, unit.joules), say),
              reached});
}

std::string rank_sentence(const BoardView& view, const EntryStanding& standing) {
  const Texts& say = view.look.say;
  if (standing.held != nullptr) return say("Held: it has no rank until the organizer decides.");
  if (standing.places.empty()) return say("It has no rank.");
  std::string words;
  for (const auto& [category, ranked] : standing.places) {
    words += (words.empty() ? "" : "; ") +
             say("{} of {} at {}",
                 {rank_text(*ranked), grouped(std::to_string(category->entries.size())),
                  category->label.empty() ? category_title(*category, say) : category->label});
    const bool is_wider = ranked->sure_best > 0 && (ranked->sure_best != ranked->best ||
                                                    ranked->sure_worst != ranked->worst);
    if (!is_wider) continue;
    words += say(" ({} where all comparisons hold at once)",
                 {rank_text({.best = ranked->sure_best, .worst = ranked->sure_worst})});
  }
  return say("Ranked {}.", {words});
}

Values neighbour_row(const BoardView& view, std::size_t entry, const EnergyRival& rival,
                     const std::string& where) {
  const Texts& say = view.look.say;
  const EntryIdentity& other = view.board.entries[rival.score].run.record.entry;
  Values row;
  row.text("where", where)
      .text("name", other.name)
      .text("link", kFromEntry + view.place.entry_link(rival.score))
      .text("ratio", grouped(value_text(rival.ratio, 1)))
      .text("interval",
            rival.ratio.interval ? interval_words(grouped(interval_text(rival.ratio, 1)), say) : "")
      .text("compare", view.place.addresses[entry] + "," + view.place.addresses[rival.score]);
  const char* words = rival.relation == Relation::less    ? "significantly less energy"
                      : rival.relation == Relation::more  ? "significantly more energy"
                      : rival.relation == Relation::equal ? "equal within 1 %"
                                                          : "not significantly different";
  row.text("words", say(words));
  const auto metric =
      metric_difference(*view.board.entries[entry].score, *view.board.entries[rival.score].score,
                        view.board.track.ranking.confidence);
  if (metric) {
    const bool better = (metric->difference.value > 0) != view.board.track.metric.less_is_better;
    row.text("metric", say(!metric->differs ? "not significantly different"
                           : better         ? "significantly better"
                                            : "significantly worse"));
  }
  return row;
}

}  // namespace

std::string entry_summary(const BoardView& view, std::size_t entry) {
  const std::optional<Score>& score = view.board.entries[entry].score;
  const EntryStanding& standing = view.standings[entry];
  std::string words;
  if (score && energy_figure(*score) && quality(*score)) {
    words = energy_sentence(view, standing, view.board.ranked(view.board.place_of(entry))) + " ";
  }
  return words + rank_sentence(view, standing);
}

std::vector<Values> neighbour_rows(const BoardView& view, std::size_t entry) {
  std::vector<Values> rows;
  const ComparedEntry* compared = view.standings[entry].compared;
  if (compared == nullptr || view.standings[entry].places.empty()) return rows;
  const Texts& say = view.look.say;
  const auto add = [&](const std::optional<EnergyRival>& rival, const char* where) {
    if (rival) rows.push_back(neighbour_row(view, entry, *rival, say(where)));
  };
  add(compared->ahead, "next with less energy");
  add(compared->behind, "next with more energy");
  return rows;
}

std::vector<Values> version_rows(const BoardView& view, std::size_t entry) {
  std::vector<Values> rows;
  const std::vector<std::size_t>& versions = view.standings[entry].versions;
  if (versions.size() < 2) return rows;
  for (const std::size_t one : versions) {
    const BoardEntry& of = view.board.entries[one];
    Values& row = rows.emplace_back();
    row.text("version", of.run.record.entry.version.empty() ? of.run.record.entry.id.substr(0, 12)
                                                            : of.run.record.entry.version)
        .text("date", of.run.record.started_at_utc.substr(0, 10))
        .text("standing", view.look.say(standing_of(of)))
        .flag("is_current", one == entry)
        .text("link", kFromEntry + view.place.entry_link(one));
    if (of.score && energy_figure(*of.score)) {
      row.text("energy", joules_text(energy_figure(*of.score)->value));
    }
  }
  return rows;
}

}  // namespace joulebench
