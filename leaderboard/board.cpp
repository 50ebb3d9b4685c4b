#include "leaderboard/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "scoring/comparison.h"
#include "scoring/energy_statistics.h"
#include "scoring/figures.h"
#include "scoring/rules/ranking_rule.h"

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
  std::string reason = reason_of_state(entry);
  if (entry.state == EntryState::unverified) reason = "it is held";
  // Never in a section with what ran here: nothing says that the machines are alike.
  if (!entry.run.origin.empty()) {
    score.node += "; ingested from the history with head " + entry.run.origin.substr(0, 12);
  }
  if (!reason.empty()) {
    score.outcome = Outcome::valid;  // what people decided comes before how it ran
    score.unranked = {std::move(reason)};
  }
  return score;
}

/// Entries that wait for a decision stand in a list of their own.
std::vector<HeldEntry> take_held(Board& board) {
  std::vector<HeldEntry> held;
  std::vector<UnrankedEntry> others;
  for (UnrankedEntry& one : board.ranking.unranked) {
    const BoardEntry& entry = board.entries[one.score];
    if (entry.state == EntryState::unverified) {
      held.push_back({one.score, entry.evidence});
    } else {
      others.push_back(std::move(one));
    }
  }
  board.ranking.unranked = std::move(others);
  return held;
}

}  // namespace

Board make_board(const Store& store, const std::string& competition, const std::string& track) {
  Board board{.competition = store.competition(competition)};
  board.track = board.competition.track(track);
  board.entries = store.board(competition, track);
  board.refused = store.refused(competition, track);
  board.carbon = board.competition.carbon;
  std::vector<Score> scores;
  for (const BoardEntry& entry : board.entries) {
    scores.push_back(score_to_rank(entry, board.track));
  }
  board.ranking = rank_scores(scores, board.track);
  board.held = take_held(board);
  if (const std::vector<LogEvent> log = store.log(); !log.empty()) board.head = log.back();
  return board;
}

const char* standing_of(const BoardEntry& entry) {
  if (entry.state != EntryState::valid) return to_string(entry.state);
  return to_string(entry.run.record.outcome);
}

std::string rank_text(const RankedEntry& ranked) {
  return ranked.best == ranked.worst ? fmt::format("{}", ranked.best)
                                     : fmt::format("{}–{}", ranked.best, ranked.worst);
}

Leader leader_of(const Board& board, const RankedCategory& category) {
  Leader leader;
  const RankedEntry& first = category.entries.front();
  for (const RankedEntry& entry : category.entries) {
    if (entry.best == 1 || &entry == &first) leader.entries.push_back(entry.score);
  }
  leader.verdict =
      ranking_rule(board.track)
          .verdict(
              {.first = board.score(first),
               .next = category.entries.size() > 1 ? &board.score(category.entries[1]) : nullptr,
               .leaders = leader.entries.size()});
  return leader;
}

std::optional<std::size_t> baseline_of(const Board& board, const RankedSection& section) {
  for (const SectionRow& row : rows_of(board, section)) {
    if (board.entries[row.entry].run.record.entry.is_baseline) return row.entry;
  }
  return std::nullopt;
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
    const Score& score = *board.entries[row.entry].score;
    return std::tie(energy_figure(score)->value, score.entry_id);
  };
  std::sort(rows.begin(), rows.end(),
            [&](const SectionRow& a, const SectionRow& b) { return key(a) < key(b); });
  return rows;
}

namespace {

/// The rows' trade-offs, all errors at least 0.
std::vector<TradeOff> trade_offs_of(const Board& board, const std::vector<SectionRow>& rows) {
  double most = -std::numeric_limits<double>::infinity();
  for (const SectionRow& row : rows) {
    most = std::max(most, quality(*board.entries[row.entry].score)->value);
  }
  std::vector<TradeOff> result;
  for (const SectionRow& row : rows) {
    const Score& score = *board.entries[row.entry].score;
    const double value = quality(score)->value;
    const double error = score.less_is_better ? value : (score.is_share ? 1 : most) - value;
    result.push_back({.error = error, .joules = energy_figure(score)->value});
  }
  return result;
}

/// The first corner is the best, the second the worst; absent: one of them has all.
std::optional<std::pair<TradeOff, TradeOff>> corners_of(const std::vector<TradeOff>& points) {
  TradeOff best{.error = 0, .joules = points.front().joules};
  TradeOff worst = best;
  for (const TradeOff& point : points) {
    best.joules = std::min(best.joules, point.joules);
    best.error = std::min(best.error, point.error);  // below 0: an outside loss may be
    worst.joules = std::max(worst.joules, point.joules);
    worst.error = std::max(worst.error, point.error);
  }
  if (!(worst.joules > best.joules) || !(worst.error > best.error)) return std::nullopt;
  return std::pair(best, worst);
}

}  // namespace

SectionFigures figures_of(const Board& board, const RankedSection& section) {
  const std::vector<SectionRow> rows = rows_of(board, section);
  const std::optional<std::size_t> baseline = baseline_of(board, section);
  const std::vector<TradeOff> points = trade_offs_of(board, rows);
  const auto corners = corners_of(points);
  SectionFigures figures;
  if (corners) figures.hypervolume = hypervolume_share(points, corners->first, corners->second);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Score& score = *board.entries[rows[i].entry].score;
    RowFigures of_row;
    if (baseline == rows[i].entry) {
      of_row.of_baseline = Estimate{.value = 1, .interval = std::nullopt};
    } else if (baseline) {
      const auto comparison =
          compare_scores(score, *board.entries[*baseline].score, board.track.ranking.confidence);
      if (comparison) of_row.of_baseline = comparison->energy_ratio;
    }
    if (corners) {
      of_row.hypervolume = hypervolume_share({&points[i], 1}, corners->first, corners->second);
    }
    if (board.carbon) of_row.grams_co2e = carbon_of(score, *board.carbon);
    figures.rows.push_back(std::move(of_row));
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
