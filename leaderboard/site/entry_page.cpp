#include "leaderboard/site/entry_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.h"
#include "embedded/leaderboard_site.h"
#include "leaderboard/site/chart/power_trace_chart.h"
#include "leaderboard/site/chart/training_curve_chart.h"
#include "leaderboard/site/entry_figures.h"
#include "leaderboard/site/template.h"
#include "scoring/figures.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {
namespace {

constexpr int kColours = 4;  // of lines, in the style sheet
constexpr const char* kNone = "–";

std::string bytes(std::uint64_t value) {
  return bytes_text(static_cast<double>(value));
}

std::string joined_words(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<Values> rank_rows(const Board& board, std::size_t index) {
  std::vector<Values> rows;
  for (const RankedSection& section : board.ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        if (ranked.score != index) continue;
        rows.emplace_back()
            .text("category",
                  category.title +
                      (section.energy_class == EnergyClass::modelled ? " (modelled)" : ""))
            .text("rank", rank_text(ranked))
            .text("of", std::to_string(category.entries.size()))
            .text("group", ranked.group);
      }
    }
  }
  return rows;
}

// ---- trainings ----

/// One line a block that has a curve.
std::vector<Values> curve_legend(const Score& score) {
  std::vector<Values> legend;
  for (const BlockScore& block : score.block_scores) {
    if (block.curve.empty()) continue;
    const std::size_t colour = legend.size() % kColours;
    legend.emplace_back()
        .text("number", std::to_string(block.number))
        .text("index", std::to_string(colour));
  }
  return legend;
}

/// What it took to reach each floor, in `unit`.
std::vector<Values> floor_rows(const Score& score, EnergyUnit unit) {
  std::vector<std::string> energy;
  for (const EnergyToReach& reached : score.energy_to_reach) {
    energy.push_back(reached.joules ? value_text(*reached.joules, unit.joules) : kNone);
  }
  align_on_page(energy);
  std::vector<Values> rows;
  for (std::size_t i = 0; i < score.energy_to_reach.size(); ++i) {
    const EnergyToReach& reached = score.energy_to_reach[i];
    Values& row = rows.emplace_back();
    row.text("floor", percent_text(reached.floor))
        .text("blocks", fmt::format("{} of {}", reached.blocks, score.block_scores.size()))
        .text("energy", energy[i])
        .text("interval", reached.joules ? interval_text(*reached.joules, unit.joules) : kNone);
    if (score.energy_class == EnergyClass::modelled && reached.joules) row.text("sign", "≈");
  }
  return rows;
}

/// What a training has besides: its curve, and what it took to get so far.
Values training_values(const RunRecord& record, const Score& score) {
  QualityAxis axis;
  if (score.metric == "accuracy" && ranking_rule(record.track).draws_floors) {
    for (const double floor : record.track.ranking.floors) axis.floors.push_back(100 * floor);
  }
  const std::string curve = training_curve_chart(score.block_scores, axis, 760, 340);
  std::vector<double> energies;
  for (const EnergyToReach& reached : score.energy_to_reach) {
    if (reached.joules) energies.push_back(reached.joules->value);
  }
  const EnergyUnit unit = energy_unit_for(energies);
  Values training;
  training.flag("has_curve", !curve.empty())
      .html("wide", curve)
      .html("phone", training_curve_chart(score.block_scores, axis, 360, 280))
      .list("legend", curve_legend(score))
      .text("unit", unit.name)
      .flag("has_floors", !score.energy_to_reach.empty())
      .list("floors", floor_rows(score, unit));
  return training;
}

// ---- blocks ----

std::string idle_text(const BlockRecord& block) {
  const IdleOfTotal idle = idle_of_total(block);
  const auto text = [](std::optional<Watts> watts) {
    return watts ? short_number(watts->value) : kNone;
  };
  return idle.before || idle.after ? text(idle.before) + ", " + text(idle.after) : kNone;
}

void put_training(Values& row, const TrainingRecord& training) {
  row.text("checkpoints", std::to_string(training.checkpoints.size()))
      .text("model", fmt::format("{} in {} {}", bytes(training.model_bytes), training.model_files,
                                 training.model_files == 1 ? "file" : "files"))
      .text("seed", std::to_string(training.seed));
}

/// What the score says of a block; absent figures are a dash.
void put_block_score(Values& row, const Score* score, const BlockRecord& block, EnergyUnit unit) {
  for (const char* name : {"correct", "joules", "error", "per_sample", "watts"}) {
    row.text(name, kNone);
  }
  if (score == nullptr) return;
  for (const BlockScore& one : score->block_scores) {
    if (one.number != block.number) continue;
    if (one.accuracy()) row.text("correct", fmt::format("{:.2f}", *one.accuracy() * 100));
    if (one.joules.value <= 0) continue;
    row.text("joules", short_number(one.joules.value))
        .text("error", short_number(one.error.value))
        .text("per_sample", short_number(energy_figure(*score, one) / unit.joules))
        .text("watts", short_number((one.joules / one.measured).value));
  }
}

std::vector<Values> block_rows(const RunRecord& record, const Score* score, EnergyUnit unit) {
  std::vector<Values> rows;
  for (const BlockRecord& block : record.blocks) {
    Values& row = rows.emplace_back();
    row.text("number", std::to_string(block.number))
        .text("outcome", to_string(block.outcome))
        .text("passes", std::to_string(block.passes))
        .text("samples", std::to_string(block.samples))
        .text("measured", short_number(block.measured.count()))
        .text("load", short_number(block.load.count()))
        .text("memory", block.peak_memory_bytes > 0 ? bytes(block.peak_memory_bytes) : kNone)
        .text("idle", idle_text(block));
    if (block.training) put_training(row, *block.training);
    put_block_score(row, score, block, unit);
    if (!block.message.empty()) row.text("message", block.message);
  }
  return rows;
}

std::vector<Values> domain_rows(const RunRecord& record) {
  std::vector<Values> rows;
  for (const DomainEnergy& sum : energy_by_domain(record)) {
    rows.emplace_back()
        .text("name", sum.domain.name)
        .text("class", to_string(sum.domain.energy_class))
        .text("source", sum.domain.source)
        .text("counts", sum.domain.in_total ? "in the total" : "shown only")
        .text("joules", sum.joules ? short_number(sum.joules->value) : kNone);
  }
  return rows;
}

std::vector<Values> trace_legend(const EnergyTrace& trace) {
  std::vector<Values> legend;
  for (const DomainInfo& domain : trace.domains) {
    if (!domain.in_total) continue;
    const std::size_t colour = legend.size() % kColours;
    legend.emplace_back().text("name", domain.name).text("index", std::to_string(colour));
  }
  return legend;
}

/// Power over time, block by block; blocks whose readings are gone are named.
void put_traces(Values& page, const RunRecord& record, const std::string& slug,
                const BlockTrace& trace_of) {
  std::vector<Values> drawn;
  std::vector<Values> missing;
  for (const BlockRecord& block : record.blocks) {
    if (block.trace_sha256.empty()) continue;
    const std::optional<EnergyTrace> trace = trace_of(block);
    Values row;
    row.text("number", std::to_string(block.number));
    if (!trace) {
      missing.push_back(std::move(row));
      continue;
    }
    row.text("csv", trace_file_name(slug, block))
        .html("wide", power_trace_chart(*trace, 760, 150))
        .html("phone", power_trace_chart(*trace, 360, 140))
        .list("legend", trace_legend(*trace));
    drawn.push_back(std::move(row));
  }
  page.list("traces", std::move(drawn)).list("missing", std::move(missing));
}

// ---- limits and machine ----

void add_row(std::vector<Values>& rows, const std::string& name, const std::string& value,
             const std::string& how) {
  rows.emplace_back().text("name", name).text("value", value).text("how", how);
}

std::vector<Values> limit_rows(const RunRecord& record) {
  const Limits& limits = record.track.limits;
  const auto seconds = [](Seconds value) { return fmt::format("{:g} s", value.count()); };
  const std::map<std::string, std::string> allowed = {
      {"memory", bytes(limits.memory_bytes)},       {"processes", std::to_string(limits.processes)},
      {"cpus", std::to_string(limits.cpus)},        {"wall_time", seconds(limits.wall)},
      {"output_bytes", bytes(limits.output_bytes)}, {"log_bytes", bytes(limits.log_bytes)}};
  std::map<std::string, std::set<std::string>> how;
  for (const auto& [name, value] : allowed) how[name];
  for (const BlockRecord& block : record.blocks) {
    for (const auto& [name, value] : block.enforcement) how[name].insert(value);
  }
  std::vector<Values> rows;
  for (const auto& [name, ways] : how) {
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    add_row(rows, label, allowed.contains(name) ? allowed.at(name) : "",
            ways.empty() ? "not recorded" : joined_words(ways));
  }
  add_row(rows, "load", seconds(limits.load), "the harness's clock");
  add_row(rows, "one request", seconds(limits.request), "the harness's clock");
  if (record.track.task == Task::train) {
    add_row(rows, "training", seconds(limits.train), "the harness's clock");
  }
  return rows;
}

/// One line of the machine's table.
struct NodeFact {
  std::string name;
  std::string value;
  bool is_fixed = true;  // load and temperature always move; what must not is the rest
};

std::vector<NodeFact> facts_of(const NodeState& node) {
  const auto on_off = [](const std::optional<bool>& value) {
    return value ? std::string(*value ? "on" : "off") : std::string(kNone);
  };
  std::string gpus;
  for (const std::string& gpu : node.gpus) gpus += (gpus.empty() ? "" : ", ") + gpu;
  return {{"Host", node.hostname},
          {"CPU", fmt::format("{} × {}", node.cpus, node.cpu_model)},
          {"Memory", bytes(node.memory_bytes)},
          {"GPUs", gpus.empty() ? "none" : gpus},
          {"System", node.operating_system},
          {"Kernel", node.kernel},
          {"Governor", node.governor.value_or(kNone)},
          {"Turbo", on_off(node.turbo)},
          {"SMT", on_off(node.smt)},
          {"Load, one minute",
           node.load_average ? fmt::format("{:.2f}", *node.load_average) : kNone, false},
          {"Temperature",
           node.temperature_celsius ? fmt::format("{:.1f} °C", *node.temperature_celsius) : kNone,
           false},
          {"Swap used", node.swap_used_bytes ? bytes(*node.swap_used_bytes) : kNone, false}};
}

std::vector<Values> machine_rows(const RunRecord& record) {
  const std::vector<NodeFact> before = facts_of(record.node_before);
  const std::vector<NodeFact> after = facts_of(record.node_after.value_or(record.node_before));
  std::vector<Values> rows;
  for (std::size_t i = 0; i < before.size(); ++i) {
    rows.emplace_back()
        .text("name", before[i].name)
        .text("before", before[i].value)
        .text("after", record.node_after ? after[i].value : kNone)
        .flag("changed", before[i].is_fixed && after[i].value != before[i].value);
  }
  return rows;
}

// ---- the page ----

void put_identity(Values& page, const RunRecord& record) {
  const EntryIdentity& entry = record.entry;
  page.text("name", entry.name).flag("is_baseline", entry.is_baseline);
  for (const auto& [name, value] :
       {std::pair{"team", entry.team}, std::pair{"version", entry.version},
        std::pair{"licence", entry.licence}, std::pair{"description", entry.description}}) {
    if (!value.empty()) page.text(name, value);
  }
  if (entry.url.starts_with("https://") || entry.url.starts_with("http://")) {
    page.text("url", entry.url);
  }
}

/// Why it is not ranked, and what a failed entry wrote last.
void put_standing(Values& page, const Board& board, std::size_t index) {
  const BoardEntry& entry = board.entries[index];
  for (const UnrankedEntry& one : board.ranking.unranked) {
    if (one.score == index) page.text("reason", one.reason);
  }
  std::vector<Values> evidence;
  for (const HeldEntry& one : board.held) {
    if (one.entry != index) continue;
    for (const Flag& flag : one.evidence) {
      evidence.emplace_back().text("name", flag.name).text("detail", flag.detail);
    }
  }
  page.flag("is_held", !evidence.empty()).list("evidence", std::move(evidence));
  if (entry.state == EntryState::valid && !entry.state_since_utc.empty()) {
    page.text("decided",
              fmt::format("Since {}: {}", entry.state_since_utc.substr(0, 10), entry.state_reason));
  }
  if (entry.run.record.outcome != Outcome::valid) {
    if (const std::string log = log_of(entry.run.record); !log.empty()) page.text("log", log);
  }
  std::vector<Values> ranks = rank_rows(board, index);
  page.flag("has_ranks", !ranks.empty()).list("ranks", std::move(ranks));
}

void put_score(Values& page, const Board& board, const RunRecord& record, const Score* score) {
  const bool is_training = record.track.task == Task::train;
  page.flag("has_figures", score != nullptr && score->samples > 0)
      .text("confidence", percent_text(record.track.ranking.confidence))
      .flag("is_training", is_training)
      .flag("has_training", is_training && score != nullptr && score->accuracy.has_value());
  EnergyUnit unit;
  if (score != nullptr) {
    if (score->energy_class == EnergyClass::modelled) {
      page.text("mark", kModelled).text("mark_text", kModelledText);
    }
    if (energy_figure(*score)) unit = energy_unit_for({&energy_figure(*score)->value, 1});
    page.list("figures", entry_figures(*score, board.carbon));
    page.list("training", {training_values(record, *score)});
  }
  page.flag("has_blocks", !record.blocks.empty())
      .text("unit", unit.name)
      .list("blocks", block_rows(record, score, unit));
}

void put_flags(Values& page, const std::vector<Flag>& flags) {
  std::vector<Values> list;
  for (const Flag& flag : flags) {
    list.emplace_back().text("name", flag.name).text("detail", flag.detail);
  }
  page.flag("has_flags", !flags.empty()).list("flags", std::move(list));
}

/// Where a record came from that did not run here; empty: it ran here.
std::string came_from(const StoredRun& run) {
  if (run.origin.empty()) return {};
  std::string text = "ingested from the history with head " + run.origin;
  if (run.origin_key.empty()) return text + ", not signed";
  return text + (run.origin_signer.empty() ? ", signed" : ", signed by " + run.origin_signer) +
         " with the key " + run.origin_key;
}

void put_origin(Values& page, const StoredRun& run, const std::string& slug) {
  const RunRecord& record = run.record;
  const std::string from = came_from(run);
  page.flag("is_ingested", !from.empty()).text("came_from", from);
  page.text("entry_id", record.entry.id)
      .text("dataset_sha256", record.dataset_sha256)
      .text("competition_sha256", record.competition_sha256)
      .text("program_version", record.program_version)
      .flag("has_masked", record.masked && !record.masked->empty())
      .text("masked",
            fmt::format("{}", fmt::join(record.masked.value_or(std::vector<std::string>{}), "; ")))
      .flag("has_environment", record.environment.has_value())
      .text("environment", record.environment ? record.environment->name : "")
      .text("environment_sha256", record.environment ? record.environment->sha256 : "")
      .text("started", record.started_at_utc)
      .text("json", slug + ".json")
      .text("csv", slug + ".csv");
}

}  // namespace

std::string trace_file_name(const std::string& slug, const BlockRecord& block) {
  return fmt::format("{}.block-{}.csv", slug, block.number);
}

std::string entry_page(const Board& board, std::size_t index, const Place& place,
                       const BlockTrace& trace_of) {
  const BoardEntry& entry = board.entries[index];
  const RunRecord& record = entry.run.record;
  const Score* score = entry.score ? &*entry.score : nullptr;
  const std::string& slug = place.slugs[index];
  Values page;
  page.text("board_link", "../index.html").text("board_title", title_of(board.competition));
  put_identity(page, record);
  put_standing(page, board, index);
  put_score(page, board, record, score);
  page.list("domains", domain_rows(record));
  put_traces(page, record, slug, trace_of);
  put_flags(page, score != nullptr ? score->flags : record.flags);
  page.list("limits", limit_rows(record)).list("machine", machine_rows(record));
  put_origin(page, entry.run, slug);
  return laid_out(&board, shown(record.entry.name) + " – " + title_of(board.competition),
                  "../" + place.root, render(leaderboard_site::kEntryPageMustache, page));
}

}  // namespace joulebench
