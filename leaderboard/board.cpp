#include "leaderboard/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "core/parallel.h"
#include "leaderboard/entry_versions.h"
#include "leaderboard/right_answers.h"
#include "scoring/comparison.h"
#include "scoring/energy_statistics.h"
#include "scoring/figures.h"
#include "scoring/held.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

/// Why people keep an entry out of the ranks; empty: they do not.
std::string reason_of_state(const BoardEntry& entry) {
  if (entry.state != EntryState::withdrawn && entry.state != EntryState::disqualified) return {};
  return fmt::format("{} on {}: {}", to_string(entry.state), entry.state_since_utc.substr(0, 10),
                     entry.state_reason);
}

/// What the rule is to rank: the entry's score, or one that says why it has none.
Score score_to_rank(const BoardEntry& entry, const Track& track) {
  const RunRecord& record = entry.run.record;
  Score score = entry.score.value_or(Score{.entry_id = record.entry.id,
                                           .entry_name = record.entry.name,
                                           .outcome = record.outcome,
                                           .message = record.message,
                                           .metric = track.metric.name});
  if (!entry.score) score.unranked = {"it is not scored yet: joulebench score does it"};
  score.is_baseline = record.entry.is_baseline;
  std::string reason = reason_of_state(entry);
  if (entry.state == EntryState::unverified) reason = "it is held";
  score.machine = machine_line(record.node_before);
  // What nobody signed is never in a section with what ran here: its machine is what it says.
  if (!entry.run.origin.empty() && entry.run.origin_signer.empty()) score.machine.clear();
  if (entry.state == EntryState::superseded) {
    reason = "version " + short_id(entry.superseded_by) + " of it stands in the ranks";
  }
  if (!entry.run.origin.empty()) {
    score.node += entry.run.origin_signer.empty()
                      ? "; ingested from the history with head " + entry.run.origin.substr(0, 12)
                      : "; ingested, signed by " + entry.run.origin_signer;
  }
  if (!reason.empty()) {
    score.outcome = Outcome::valid;  // what people decided comes before how it ran
    score.unranked = {std::move(reason)};
  }
  return score;
}

/// Entries that wait for a decision, and other versions, stand in lists of their own.
void take_apart(Board& board) {
  std::map<std::string, std::size_t> by_id;
  for (std::size_t i = 0; i < board.entries.size(); ++i) {
    by_id.emplace(board.entries[i].run.record.entry.id, i);
  }
  std::vector<UnrankedEntry> others;
  for (UnrankedEntry& one : board.ranking.unranked) {
    const BoardEntry& entry = board.entries[one.score];
    if (entry.state == EntryState::unverified) {
      board.held.push_back({one.score, entry.evidence});
    } else if (entry.state == EntryState::superseded) {
      board.superseded.push_back({one.score, by_id.at(entry.superseded_by)});
    } else {
      others.push_back(std::move(one));
    }
  }
  board.ranking.unranked = std::move(others);
}

Ranking rank_entries(const Board& board) {
  return rank_scores(scores_to_rank(board), board.track);
}

}  // namespace

std::vector<Score> scores_to_rank(const Board& board) {
  std::vector<Score> scores;
  for (const BoardEntry& entry : board.entries) {
    scores.push_back(score_to_rank(entry, board.track));
  }
  return scores;
}

void read_right_answers(Board& board) {
  constexpr unsigned kMostThreads = 4;
  for_each_in_parallel(board.entries, kMostThreads, [](BoardEntry& entry) {
    if (!entry.score || entry.score->answers) return;
    entry.score->answers = right_answers(entry.run.folder, entry.run.record_sha256);
  });
}

Board make_board(const Store& store, const std::string& competition, const std::string& track,
                 const std::string& until_utc) {
  Board board{.competition = store.competition(competition, until_utc)};
  board.track = board.competition.track(track);
  board.entries = store.board(competition, track, until_utc, RecordDetail::outline);
  board.refused = store.refused(competition, track, until_utc);
  board.carbon = board.competition.carbon;
  if (ranking_rule(board.track).pairs_answers) read_right_answers(board);
  const VersionRule rule = board.competition.intake.versions;
  Ranking of_all;  // versions of one entry beside each other
  if (rule == VersionRule::best && has_versions(board.entries)) of_all = rank_entries(board);
  mark_superseded(board.entries, rule, store.selected(competition, until_utc), of_all);
  board.ranking = rank_entries(board);
  take_apart(board);
  board.head = store.head();
  return board;
}

const char* standing_of(const BoardEntry& entry) {
  if (entry.state != EntryState::valid) return to_string(entry.state);
  return to_string(entry.run.record.outcome);
}

std::string environment_of(const Board& board, const RankedSection& section) {
  if (!section.environment && board.competition.environments.empty()) return {};
  return environment_words(section.environment);
}

std::vector<std::string> node_comparison_of(const Board& board, const RankedSection& section) {
  const auto& sections = board.ranking.sections;
  const bool is_one_node = std::all_of(sections.begin(), sections.end(), [&](const auto& one) {
    return one.node == sections.front().node && one.anchors.size() < 2;
  });
  if (is_one_node) return {};
  std::vector<double> joules;
  for (const NodeAnchor& anchor : section.anchors) joules.push_back(anchor.energy.value);
  const EnergyUnit unit = energy_unit_for(joules);
  std::vector<std::string> lines;
  for (const NodeAnchor& anchor : section.anchors) {
    const BoardEntry& baseline = board.entries[anchor.score];
    // Machines that are not alike are told with what they are.
    lines.push_back(fmt::format("baseline {} on {}: {} {}/{}, {}", baseline.run.record.entry.name,
                                section.is_by_ratio ? baseline.score->node : anchor.node,
                                value_text(anchor.energy, unit.joules), unit.name,
                                unit_of_work(board.track.task),
                                interval_text(anchor.energy, unit.joules)));
  }
  if (section.is_by_ratio) {
    lines.push_back(fmt::format(
        "ranked by the ratio to each machine's baseline: every entry ran on all {}, which need not "
        "be alike; energies are geometric means over them, and the uncertainty of each machine's "
        "baseline is in the intervals",
        section.anchors.size()));
  } else if (section.anchors.size() > 1) {
    lines.push_back(fmt::format(
        "these machines share ranks: they are alike, and their baselines agree within {:g} %",
        100 * board.track.ranking.node_tolerance));
  }
  if (!section.apart.empty()) lines.push_back("apart from the first section: " + section.apart);
  return lines;
}

std::string rank_text(const RankedEntry& ranked) {
  return ranked.best == ranked.worst ? fmt::format("{}", ranked.best)
                                     : fmt::format("{}–{}", ranked.best, ranked.worst);
}

Leader leader_of(const Board& board, const RankedCategory& category) {
  Leader leader;
  if (category.entries.empty()) {
    leader.verdict = "no entry";
    return leader;
  }
  const RankedEntry& first = category.entries.front();
  for (const RankedEntry& entry : category.entries) {
    if (entry.best == 1 || &entry == &first) leader.entries.push_back(entry.score);
  }
  Lead lead{.first = board.score(first),
            .leaders = leader.entries.size(),
            .is_winner = category.winner == first.score};
  const RankingRuleKind& rule = ranking_rule(board.track);
  leader.is_winner = lead.is_winner;
  if (category.entries.size() > 1) {
    const RankedEntry& next = category.entries[1];
    lead.next = &board.score(next);
    if (first.level != 0 || next.level != 0) lead.ratio = std::exp(first.level - next.level);
    leader.next = next.score;
    if (rule.verdict == &energy_verdict) leader.of_next = energy_ratio(lead);
  }
  leader.verdict = rule.verdict(lead);
  return leader;
}

std::vector<std::size_t> ranked_in(const RankedSection& section) {
  std::vector<std::size_t> entries;
  for (const RankedCategory& category : section.categories) {
    for (const RankedEntry& ranked : category.entries) entries.push_back(ranked.score);
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  return entries;
}

DateRange dates_of(const Board& board, const RankedSection& section) {
  DateRange range;
  for (const std::size_t entry : ranked_in(section)) {
    const std::string day = board.entries[entry].run.record.started_at_utc.substr(0, 10);
    if (range.first.empty() || day < range.first) range.first = day;
    range.last = std::max(range.last, day);
  }
  return range;
}

std::vector<Flag> caveats_of(const BoardEntry& entry) {
  std::vector<Flag> caveats = entry.score ? entry.score->flags : entry.run.record.flags;
  std::erase_if(caveats, [](const Flag& flag) { return !is_caveat(flag); });
  return caveats;
}

std::vector<CaveatCount> caveats_of(const Board& board, const RankedSection& section) {
  std::map<std::string, std::size_t> counts;
  for (const std::size_t entry : ranked_in(section)) {
    std::set<std::string> names;
    for (const Flag& flag : board.ranked(entry).flags) {
      if (is_caveat(flag)) names.insert(flag.name);
    }
    for (const std::string& name : names) ++counts[name];
  }
  std::vector<CaveatCount> caveats;
  for (const auto& [name, entries] : counts) caveats.push_back({name, entries});
  std::stable_sort(caveats.begin(), caveats.end(), [](const CaveatCount& a, const CaveatCount& b) {
    return a.entries > b.entries;
  });
  return caveats;
}

std::vector<SectionRow> rows_of(const Board& board, const RankedSection& section) {
  std::map<std::size_t, SectionRow> by_entry;
  for (std::size_t i = 0; i < section.categories.size(); ++i) {
    for (const RankedEntry& ranked : section.categories[i].entries) {
      SectionRow& row = by_entry[ranked.score];
      row.entry = ranked.score;
      row.places.resize(section.categories.size());
      row.places[i] = &ranked;
    }
  }
  std::vector<SectionRow> rows;
  if (!board.ranking.cumulative) {  // each entry stands once: as ranked
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        rows.push_back(std::move(by_entry.at(ranked.score)));
      }
    }
    return rows;
  }
  for (auto& [entry, row] : by_entry) rows.push_back(std::move(row));
  const auto key = [&](const SectionRow& row) {
    const auto place = std::find_if(row.places.begin(), row.places.end(),
                                    [](const RankedEntry* one) { return one != nullptr; });
    return std::tie((*place)->level, board.entries[row.entry].score->entry_id);
  };
  std::sort(rows.begin(), rows.end(),
            [&](const SectionRow& a, const SectionRow& b) { return key(a) < key(b); });
  return rows;
}

namespace {

/// Between these lies the area of which entries dominate a share; absent: the section has no
/// baseline, or the track's floors bound no error.
struct Corners {
  TradeOff best;
  TradeOff worst;
};
std::optional<Corners> corners_of(const Board& board, const RankedSection& section) {
  const Track& track = board.track;
  if (!section.baseline || track.ranking.floors.empty()) return std::nullopt;
  if (!track.metric.is_share && !track.metric.less_is_better) return std::nullopt;
  const auto& floors = track.ranking.floors;
  const double worst_error = track.metric.less_is_better
                                 ? *std::max_element(floors.begin(), floors.end())
                                 : 1 - *std::min_element(floors.begin(), floors.end());
  if (!(worst_error > 0)) return std::nullopt;
  const double joules = energy_figure(board.ranked(*section.baseline))->value;
  return Corners{.best = {.error = 0, .joules = joules * kHypervolumeReach},
                 .worst = {.error = worst_error, .joules = joules}};
}

TradeOff trade_off_of(const Score& score) {
  const double value = quality(score)->value;
  return {.error = score.less_is_better ? value : 1 - value, .joules = energy_figure(score)->value};
}

}  // namespace

SectionFigures figures_of(const Board& board, const RankedSection& section) {
  const std::vector<SectionRow> rows = rows_of(board, section);
  const std::optional<Corners> corners = corners_of(board, section);
  std::vector<TradeOff> points;
  for (const SectionRow& row : rows) points.push_back(trade_off_of(board.ranked(row.entry)));
  SectionFigures figures;
  if (corners) figures.hypervolume = hypervolume_share(points, corners->best, corners->worst);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Score& score = board.ranked(rows[i].entry);
    RowFigures of_row;
    const auto compared = std::lower_bound(
        section.compared.begin(), section.compared.end(), rows[i].entry,
        [](const ComparedEntry& one, std::size_t entry) { return one.score < entry; });
    of_row.of_baseline = compared->of_baseline;  // a ranked entry is one that was compared
    if (corners) {
      of_row.hypervolume = hypervolume_share({&points[i], 1}, corners->best, corners->worst);
    }
    if (board.carbon) of_row.grams_co2e = carbon_of(score, *board.carbon);
    figures.rows.push_back(of_row);
  }
  return figures;
}

MassUnit mass_unit_of(const SectionFigures& figures) {
  std::vector<double> grams;
  for (const RowFigures& row : figures.rows) {
    if (row.grams_co2e) grams.push_back(row.grams_co2e->value);
  }
  return mass_unit_for(grams);
}

std::string carbon_source(const CarbonRule& rule) {
  const GridIntensity& grid = rule.grid;
  return fmt::format("{:g} gCO2e/kWh ({}{}{}; {}), PUE {:g}", grid.grams_per_kwh, grid.country,
                     grid.country.empty() ? "" : ", ", grid.year, grid.source, rule.pue);
}

}  // namespace joulebench
