#include "leaderboard/board_json.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "leaderboard/entry_versions.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

using nlohmann::json;

json to_json(const RankedEntry& ranked, const Board& board) {
  const BoardEntry& entry = board.entries[ranked.score];
  return {{"entry_id", entry.run.record.entry.id},
          {"entry", entry.run.record.entry.name},
          {"best", ranked.best},
          {"worst", ranked.worst},
          {"sure_best", ranked.sure_best == 0 ? json() : json(ranked.sure_best)},
          {"sure_worst", ranked.sure_worst == 0 ? json() : json(ranked.sure_worst)},
          {"group", ranked.group}};
}

/// All of an entry but its score.
json identity_of(const BoardEntry& entry) {
  const EntryIdentity& identity = entry.run.record.entry;
  json one{{"entry_id", identity.id},
           {"entry", identity.name},
           {"team", identity.team},
           {"version", identity.version},
           {"short_id", short_id(identity.id)},
           {"baseline", identity.is_baseline},
           {"outcome", to_string(entry.run.record.outcome)},
           {"state", to_string(entry.state)}};
  if (!entry.run.origin.empty()) {
    one["origin"] = {{"head_sha256", entry.run.origin},
                     {"key", entry.run.origin_key},
                     {"signer", entry.run.origin_signer}};
  }
  for (const JoinedBlocks& joined : entry.run.joined) {
    one["joined"].push_back({{"head_sha256", joined.origin.head_sha256},
                             {"key", joined.origin.key},
                             {"signer", joined.origin.signer},
                             {"blocks", joined.blocks}});
  }
  if (!entry.received_at_utc.empty()) one["received_at_utc"] = entry.received_at_utc;
  if (!entry.superseded_by.empty()) one["superseded_by"] = entry.superseded_by;
  if (!entry.state_since_utc.empty()) {
    one["state_reason"] = entry.state_reason;
    one["state_since_utc"] = entry.state_since_utc;
  }
  return one;
}

const char* carbon_key(Task task) {
  return task == Task::train ? "grams_co2e_per_training" : "grams_co2e_per_million";
}

/// An absent estimate is null, and so is an absent interval.
void put(json& to, const std::string& name, const std::optional<Estimate>& estimate) {
  to[name] = estimate ? json(estimate->value) : json();
  to[name + "_interval"] = estimate && estimate->interval
                               ? json::array({estimate->interval->low, estimate->interval->high})
                               : json();
}

json to_json(const SectionFigures& figures, const std::vector<SectionRow>& rows,
             const Board& board) {
  json list = json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowFigures& of_row = figures.rows[i];
    json one{{"entry_id", board.entries[rows[i].entry].run.record.entry.id},
             {"hypervolume_share", of_row.hypervolume ? json(*of_row.hypervolume) : json()}};
    put(one, "energy_of_baseline", of_row.of_baseline);
    // Else that of the entry's own score.
    if (!board.ranking.joined.empty())
      put(one, "energy_joules", energy_figure(board.ranked(rows[i].entry)));
    put(one, carbon_key(board.track.task), of_row.grams_co2e);
    list.push_back(std::move(one));
  }
  return list;
}

std::string number(std::optional<double> value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string estimate_fields(const std::optional<Estimate>& estimate) {
  if (!estimate) return ",,";
  if (!estimate->interval) return fmt::format("{},,", estimate->value);
  return fmt::format("{},{},{}", estimate->value, estimate->interval->low,
                     estimate->interval->high);
}

json to_json(const RankedSection& section, const Board& board) {
  json categories = json::array();
  for (const RankedCategory& category : section.categories) {
    json entries = json::array();
    for (const RankedEntry& ranked : category.entries) entries.push_back(to_json(ranked, board));
    const auto winner = category.winner;
    categories.push_back(
        {{"id", category.id},
         {"title", category.title},
         {"floor", category.floor},
         {"winner", winner ? json(board.entries[*winner].run.record.entry.id) : json()},
         {"entries", std::move(entries)}});
  }
  const SectionFigures figures = figures_of(board, section);
  json result = {{"class", to_string(section.energy_class)},
                 {"node", section.node},
                 {"hypervolume_share", figures.hypervolume ? json(*figures.hypervolume) : json()},
                 {"figures", to_json(figures, rows_of(board, section), board)},
                 {"formula", section.formula},
                 {"source", section.source},
                 {"apart", section.apart},
                 {"looks", section.looks},
                 {"pair_error", section.error},
                 {"categories", std::move(categories)}};
  if (section.is_by_ratio) result["by_ratio"] = true;
  for (const NodeAnchor& anchor : section.anchors) {
    json one = {{"node", anchor.node},
                {"baseline", board.entries[anchor.score].run.record.entry.name},
                {"energy_joules", anchor.energy.value}};
    if (anchor.energy.interval) {
      one["energy_joules_interval"] = {anchor.energy.interval->low, anchor.energy.interval->high};
    }
    result["anchors"].push_back(std::move(one));
  }
  if (section.environment) {
    result["environment"] = {{"name", section.environment->name},
                             {"sha256", section.environment->sha256}};
  }
  return result;
}

json unranked_of(const Board& board) {
  json list = json::array();
  for (const UnrankedEntry& one : board.ranking.unranked) {
    const BoardEntry& entry = board.entries[one.score];
    list.push_back({{"entry_id", entry.run.record.entry.id},
                    {"entry", entry.run.record.entry.name},
                    {"outcome", to_string(entry.run.record.outcome)},
                    {"reason", one.reason}});
  }
  return list;
}

json held_of(const Board& board) {
  json list = json::array();
  for (const HeldEntry& one : board.held) {
    const EntryIdentity& identity = board.entries[one.entry].run.record.entry;
    json evidence = json::array();
    for (const Flag& flag : one.evidence) {
      evidence.push_back({{"name", flag.name}, {"detail", flag.detail}});
    }
    list.push_back(
        {{"entry_id", identity.id}, {"entry", identity.name}, {"evidence", std::move(evidence)}});
  }
  return list;
}

json superseded_of(const Board& board) {
  json list = json::array();
  for (const SupersededEntry& one : board.superseded) {
    const EntryIdentity& identity = board.entries[one.entry].run.record.entry;
    list.push_back({{"entry_id", identity.id},
                    {"entry", identity.name},
                    {"version", identity.version},
                    {"by", board.entries[one.by].run.record.entry.id}});
  }
  return list;
}

/// Why each entry has no rank, by its index.
std::map<std::size_t, std::string> reasons_by_entry(const Board& board) {
  std::map<std::size_t, std::string> reasons;
  for (const UnrankedEntry& one : board.ranking.unranked) reasons[one.score] = one.reason;
  for (const SupersededEntry& one : board.superseded) {
    const EntryIdentity& by = board.entries[one.by].run.record.entry;
    reasons[one.entry] =
        fmt::format("version {} ({}) of it stands in the ranks", by.version, short_id(by.id));
  }
  for (std::size_t i = 0; i < board.entries.size(); ++i) {
    const std::size_t place = board.place_of(i);
    if (place == i) continue;
    const std::string with = "as one with its run on " + board.entries[place].score->node;
    const auto reason = reasons.find(place);
    reasons[i] = reason == reasons.end() ? "it is ranked " + with
                                         : "it is judged " + with + ": " + reason->second;
  }
  for (const HeldEntry& one : board.held) {
    std::string& reason = reasons[one.entry];
    for (const Flag& flag : one.evidence) {
      reason += (reason.empty() ? "" : "; ") + flag.name + ": " + flag.detail;
    }
  }
  return reasons;
}

json to_json(const std::optional<CarbonRule>& carbon) {
  if (!carbon) return {};
  return {{"grams_per_kwh", carbon->grid.grams_per_kwh},
          {"country", carbon->grid.country},
          {"year", carbon->grid.year},
          {"source", carbon->grid.source},
          {"pue", carbon->pue}};
}

json to_json(const Metric& metric) {
  return {{"name", metric.name},
          {"better", metric.less_is_better ? "lower" : "higher"},
          {"share", metric.is_share}};
}

/// By entry: "0.95: 1-2; 0.9: 1-3".
std::map<std::size_t, std::string> rank_fields(const Board& board) {
  std::map<std::size_t, std::string> ranks;
  for (const RankedSection& section : board.ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        std::string& text = ranks[ranked.score];
        text += fmt::format("{}{}: {}-{}", text.empty() ? "" : "; ", category.id, ranked.best,
                            ranked.worst);
      }
    }
  }
  return ranks;
}

std::map<std::size_t, RowFigures> figures_by_entry(const Board& board) {
  std::map<std::size_t, RowFigures> figures;
  for (const RankedSection& section : board.ranking.sections) {
    const SectionFigures of_section = figures_of(board, section);
    const std::vector<SectionRow> rows = rows_of(board, section);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      figures[rows[i].entry] = of_section.rows[i];
    }
  }
  return figures;
}

std::string csv_header(const Track& track) {
  return fmt::format(
      "entry,team,version,short_id,entry_id,outcome,state,class,ranks,accuracy,accuracy_low,"
      "accuracy_high,"
      "metric,metric_value,metric_value_low,metric_value_high,"
      "{0},{0}_low,{0}_high,mean_watts,"
      "samples_per_second,latency_p50_s,latency_p90_s,latency_p99_s,energy_of_baseline,"
      "energy_of_baseline_low,energy_of_baseline_high,hypervolume_share,{1},"
      "blocks,samples,node,not_ranked_because\n",
      std::string("joules_per_") + unit_of_work(track.task), carbon_key(track.task));
}

/// `score`: as its rank was given, of an entry that has one.
std::string csv_line(const BoardEntry& entry, const Score& score, const std::string& ranks,
                     const RowFigures& figures, const std::string& reason) {
  const EntryIdentity& identity = entry.run.record.entry;
  const auto latency = [&score](Estimate LatencyEstimate::*which) {
    return score.latency ? number(((*score.latency).*which).value) : "";
  };
  return fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
      csv_text(identity.name), csv_text(identity.team), csv_text(identity.version),
      csv_text(short_id(identity.id)), identity.id, to_string(entry.run.record.outcome),
      to_string(entry.state), to_string(score.energy_class), ranks, estimate_fields(score.accuracy),
      csv_text(score.metric), estimate_fields(quality(score)),
      estimate_fields(energy_figure(score)),
      number(score.mean_watts ? std::optional(score.mean_watts->value) : std::nullopt),
      number(score.samples_per_second), latency(&LatencyEstimate::p50),
      latency(&LatencyEstimate::p90), latency(&LatencyEstimate::p99),
      estimate_fields(figures.of_baseline), number(figures.hypervolume),
      number(figures.grams_co2e ? std::optional(figures.grams_co2e->value) : std::nullopt),
      score.blocks, score.samples, csv_text(score.node), csv_text(reason));
}

}  // namespace

namespace {

/// All of a board but its entries.
json frame_of(const Board& board) {
  json sections = json::array();
  for (const RankedSection& section : board.ranking.sections) {
    sections.push_back(to_json(section, board));
  }
  json refused = json::array();
  for (const RefusedEntry& one : board.refused) {
    refused.push_back({{"name", one.name}, {"reason", one.reason}});
  }
  return {{"format", "joulebench-board/1"},
          {"competition", board.competition.id},
          {"title", board.competition.title},
          {"track", board.track.id},
          {"dataset", board.track.dataset},
          {"metric", to_json(board.track.metric)},
          {"task", board.track.task == Task::train ? "train" : "predict"},
          {"rule", board.ranking.rule},
          {"carbon", to_json(board.carbon)},
          {"history",
           {{"event", board.head.number},
            {"at_utc", board.head.at_utc},
            {"sha256", board.head.sha256}}},
          {"sections", std::move(sections)},
          {"note", board.note},
          {"held", held_of(board)},
          {"superseded", superseded_of(board)},
          {"unranked", unranked_of(board)},
          {"refused", std::move(refused)}};
}

std::string one_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

json to_json(const Board& board) {
  json document = frame_of(board);
  json& entries = document["entries"] = json::array();
  for (const BoardEntry& entry : board.entries) {
    json one = identity_of(entry);
    one["score"] = entry.score ? to_json(*entry.score) : json();
    entries.push_back(std::move(one));
  }
  return document;
}

std::string score_json(const BoardEntry& entry) {
  if (!entry.score) return "null";
  return entry.score_text.empty() ? one_line(to_json(*entry.score)) : entry.score_text;
}

std::string board_text(const Board& board) {
  std::string text = "{\n";
  const json frame = frame_of(board);
  for (const auto& [name, value] : frame.items()) {
    text += one_line(name) + ":" + one_line(value) + ",\n";
  }
  text += "\"entries\":[";
  const char* before = "\n";
  for (const BoardEntry& entry : board.entries) {
    std::string one = one_line(identity_of(entry));
    one.pop_back();  // its brace
    text += before + one + ",\"score\":" + score_json(entry) + "}";
    before = ",\n";
  }
  return text + "\n]}\n";
}

std::string csv_columns(const Track& track) {
  const std::string joules = std::string("joules_per_") + unit_of_work(track.task);
  const std::string low = "low end of the interval at ranking.confidence";
  const std::string high = "high end of the interval at ranking.confidence";
  const std::vector<std::array<std::string, 3>> rows = {
      {"entry", "", "its name"},
      {"team", "", "who handed it in"},
      {"version", "", "as the entry says"},
      {"short_id", "", "the first digits of entry_id, as tables show it"},
      {"entry_id", "", "SHA-256 over its sorted file list"},
      {"outcome", "", "valid, or how it failed"},
      {"state", "", "valid, unverified, superseded, withdrawn or disqualified"},
      {"class", "", "how far to trust its energy: measured, derived, modelled, suspect"},
      {"ranks", "", "best and worst rank in each category"},
      {"accuracy", "share", "right answers of the measured passes"},
      {"accuracy_low", "share", low},
      {"accuracy_high", "share", high},
      {"metric", "", "what the track ranks by"},
      {"metric_value", "the metric's", "its value"},
      {"metric_value_low", "the metric's", low},
      {"metric_value_high", "the metric's", high},
      {joules, "J", "geometric mean over valid blocks"},
      {joules + "_low", "J", low},
      {joules + "_high", "J", high},
      {"mean_watts", "W", "joules over measured seconds"},
      {"samples_per_second", "1/s", "predictions over measured seconds"},
      {"latency_p50_s", "s", "time within which half of the samples were answered"},
      {"latency_p90_s", "s", "the same of 90 %"},
      {"latency_p99_s", "s", "the same of 99 %"},
      {"energy_of_baseline", "ratio", "its energy over the baseline's, by the test that ranks"},
      {"energy_of_baseline_low", "ratio", low},
      {"energy_of_baseline_high", "ratio", high},
      {"hypervolume_share", "share", "of the trade-off area that it alone dominates"},
      {carbon_key(track.task), "g", "CO2 equivalent; never ranked by"},
      {"blocks", "", "valid ones"},
      {"samples", "", "distinct test samples"},
      {"node", "", "machine and settings; entries compare only where it is equal"},
      {"not_ranked_because", "", "empty: it may be ranked"}};
  std::string csv = "column,unit,meaning\n";
  for (const auto& [column, unit, meaning] : rows) {
    csv += csv_text(column) + "," + csv_text(unit) + "," + csv_text(meaning) + "\n";
  }
  return csv;
}

std::string csv_text(std::string_view text) {
  std::string clean = printable(text, 1 << 20);
  if (!clean.empty() && std::string_view("=+-@\t").find(clean[0]) != std::string_view::npos) {
    clean.insert(0, "'");
  }
  if (clean.find_first_of(",\"\n") == std::string::npos) return clean;
  std::string quoted = "\"";
  for (const char c : clean) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string to_csv(const Board& board) {
  std::map<std::size_t, std::string> ranks = rank_fields(board);
  std::map<std::size_t, RowFigures> figures = figures_by_entry(board);
  std::map<std::size_t, std::string> reasons = reasons_by_entry(board);
  std::string csv = csv_header(board.track);
  const Score none;
  for (std::size_t i = 0; i < board.entries.size(); ++i) {
    const BoardEntry& entry = board.entries[i];
    const Score& own = entry.score ? *entry.score : none;
    csv +=
        csv_line(entry, ranks[i].empty() ? own : board.ranked(i), ranks[i], figures[i], reasons[i]);
  }
  return csv;
}

}  // namespace joulebench
