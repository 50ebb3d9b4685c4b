#include "leaderboard/site/leader_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/rule_words.h"

namespace joulebench {
namespace {

constexpr std::size_t kMostLeaders = 3;  // named; of more their number

std::string certainty(const BoardView& view, const Leader& leader) {
  const Texts& say = view.look.say;
  if (!leader.next || leader.entries.size() > 1 || !leader.of_next) return {};
  const std::string confidence = percent_text(view.board.track.ranking.confidence);
  return leader.is_winner
             ? say("ahead of all others of the category with {} % confidence", {confidence})
             : say("ahead of every other entry taken singly; not confirmed over all comparisons at "
                   "once");
}

}  // namespace

std::string lead_words(const BoardView& view, const Leader& leader) {
  const Texts& say = view.look.say;
  if (!leader.next) return say("no other entry in this category");
  if (leader.entries.size() > 1) {
    return say("no significant difference between these {}",
               {std::to_string(leader.entries.size())});
  }
  if (!leader.of_next) return say(leader.verdict);
  const std::string& name = view.board.entries[*leader.next].run.record.entry.name;
  const double ratio = *leader.of_next;
  if (ratio > 0.1) {
    return say("{} % less energy than {}", {fmt::format("{:.0f}", (1 - ratio) * 100), name});
  }
  return say("{} times less energy than {}",
             {grouped(rounded_number(std::round(1 / ratio), 4)), name});
}

std::vector<Values> leader_words(const BoardView& view, std::size_t section) {
  const SectionTable& table = view.tables[section];
  std::vector<Values> list;
  for (const RankedCategory& category : view.board.ranking.sections[section].categories) {
    const Leader leader = leader_of(view.board, category);
    if (leader.entries.empty()) {
      list.emplace_back()
          .text("category", category_title(category, view.look.say))
          .text("none", view.look.say("no entry"));
      continue;
    }
    std::vector<Values> names;
    for (const std::size_t entry : leader.entries) {
      if (names.size() == kMostLeaders) break;
      const EntryIdentity& identity = view.board.entries[entry].run.record.entry;
      Values& name = names.emplace_back();
      name.text("name", identity.name).text("link", view.place.entry_link(entry));
      if (!identity.team.empty()) name.text("team", identity.team);
    }
    const Estimate& energy = *energy_figure(view.board.ranked(leader.entries[0]));
    Values& values = list.emplace_back();
    values.text("category", category_title(category, view.look.say))
        .list("names", std::move(names))
        .text("energy", grouped(value_text(energy, table.unit.joules)))
        .text("by", lead_words(view, leader))
        .text("sure", certainty(view, leader));
    if (energy.interval)
      values.text("interval",
                  interval_words(grouped(interval_text(energy, table.unit.joules)), view.look.say));
    if (leader.entries.size() > kMostLeaders) {
      values.text("more", std::to_string(leader.entries.size() - kMostLeaders));
    }
  }
  return list;
}

std::vector<Values> caveat_words(const BoardView& view, std::size_t section) {
  const Texts& say = view.look.say;
  const RankedSection& of = view.board.ranking.sections[section];
  const std::size_t all = view.tables[section].rows.size();
  std::vector<Values> list;
  for (const CaveatCount& caveat : caveats_of(view.board, of)) {
    list.emplace_back().text(
        "text", caveat.entries == all
                    ? say("{} on every entry", {caveat.name})
                    : say("{} on {} of {} entries",
                          {caveat.name, std::to_string(caveat.entries), std::to_string(all)}));
  }
  return list;
}

std::string class_words(const RankedSection& section, const Texts& say) {
  switch (section.energy_class) {
    case EnergyClass::measured:
      return say("Measured");
    case EnergyClass::derived:
      return say("Derived from power readings");
    default:
      return say("Modelled");
  }
}

std::string date_words(const DateRange& dates, const Texts& say) {
  if (dates.first == dates.last) return dates.first;
  return say("{} to {}", {dates.first, dates.last});
}

}  // namespace joulebench
