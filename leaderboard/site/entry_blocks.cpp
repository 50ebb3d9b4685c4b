#include "leaderboard/site/entry_blocks.h"

#include <fmt/format.h>

#include <utility>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/block_strip.h"
#include "leaderboard/site/chart/interval_bar.h"
#include "leaderboard/site/chart/power_overlay_chart.h"
#include "leaderboard/site/chart/training_curve_chart.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/rule_words.h"
#include "scoring/figures.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {
namespace {

constexpr int kColours = 4;  // of lines, in the style sheet

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
std::vector<Values> floor_rows(const Score& score, EnergyUnit unit, const Texts& say) {
  std::vector<std::string> energy;
  for (const EnergyToReach& reached : score.energy_to_reach) {
    energy.push_back(reached.joules ? grouped(value_text(*reached.joules, unit.joules))
                                    : kNoFigure);
  }
  align_on_page(energy);
  std::vector<Values> rows;
  for (std::size_t i = 0; i < score.energy_to_reach.size(); ++i) {
    const EnergyToReach& reached = score.energy_to_reach[i];
    Values& row = rows.emplace_back();
    row.text("floor", percent_text(reached.floor))
        .text("blocks", say("{} of {}", {std::to_string(reached.blocks),
                                         std::to_string(score.block_scores.size())}))
        .text("energy", energy[i])
        .text("interval",
              reached.joules
                  ? interval_words(grouped(interval_text(*reached.joules, unit.joules)), say)
                  : kNoFigure);
    if (score.energy_class == EnergyClass::modelled && reached.joules) row.text("sign", "≈");
  }
  return rows;
}

std::string idle_text(const BlockRecord& block) {
  const IdleOfTotal idle = idle_of_total(block);
  const auto text = [](std::optional<Watts> watts) {
    return watts ? short_number(watts->value) : kNoFigure;
  };
  return idle.before || idle.after ? text(idle.before) + ", " + text(idle.after) : kNoFigure;
}

void put_training(Values& row, const TrainingRecord& training) {
  row.text("checkpoints", std::to_string(training.checkpoints.size()))
      .text("model",
            fmt::format("{} in {} {}", bytes_text(training.model_bytes), training.model_files,
                        training.model_files == 1 ? "file" : "files"))
      .text("seed", std::to_string(training.seed));
}

/// What the score says of a block; absent figures are a dash.
void put_block_score(Values& row, const Score* score, const BlockRecord& block, EnergyUnit unit) {
  for (const char* name : {"correct", "joules", "error", "per_sample", "watts"}) {
    row.text(name, kNoFigure);
  }
  if (score == nullptr) return;
  for (const BlockScore& one : score->block_scores) {
    if (one.number != block.number) continue;
    if (one.accuracy()) row.text("correct", short_number(*one.accuracy() * 100));
    if (one.joules.value <= 0) continue;
    row.text("joules", grouped(short_number(one.joules.value)))
        .text("error", short_number(one.error.value))
        .text("per_sample", grouped(short_number(energy_figure(*score, one) / unit.joules)))
        .text("watts", short_number((one.joules / one.measured).value));
  }
}

std::vector<Values> block_rows(const RunRecord& record, const Score* score, EnergyUnit unit,
                               const Texts& say) {
  std::vector<Values> rows;
  for (const BlockRecord& block : record.blocks) {
    Values& row = rows.emplace_back();
    row.text("number", std::to_string(block.number))
        .text("outcome", say(to_string(block.outcome)))
        .text("passes", grouped(std::to_string(block.passes)))
        .text("samples", grouped(std::to_string(block.samples)))
        .text("measured", short_number(block.measured.count()))
        .text("load", short_number(block.load.count()))
        .text("memory",
              block.peak_memory_bytes > 0 ? bytes_text(block.peak_memory_bytes) : kNoFigure)
        .text("idle", idle_text(block));
    if (block.training) put_training(row, *block.training);
    put_block_score(row, score, block, unit);
    if (!block.message.empty()) row.text("message", block.message);
  }
  return rows;
}

/// Joules of the same domain in another list; absent: none.
std::optional<Joules> joules_in(const std::vector<DomainEnergy>& energies,
                                const std::string& name) {
  for (const DomainEnergy& one : energies) {
    if (one.domain.name == name) return one.joules;
  }
  return std::nullopt;
}

std::vector<Values> domain_rows(const RunRecord& record, const Texts& say) {
  std::vector<Values> rows;
  const std::vector<DomainEnergy> tails = tail_energy_by_domain(record);
  const auto text = [](const std::optional<Joules>& joules) {
    return joules ? grouped(short_number(joules->value)) : kNoFigure;
  };
  for (const DomainEnergy& sum : energy_by_domain(record)) {
    rows.emplace_back()
        .text("name", sum.domain.name)
        .text("class", say(to_string(sum.domain.energy_class)))
        .text("source", sum.domain.source)
        .text("counts", sum.domain.in_total ? say("in the total") : say("shown only"))
        .text("joules", text(sum.joules))
        .text("error", grouped(short_number(sum.error.value)))
        .text("tail", text(joules_in(tails, sum.domain.name)));
  }
  return rows;
}

/// When the first measured window began, on the trace's clock; without windows the first reading.
SteadyTime origin_of(const BlockRecord& block, const EnergyTrace& trace) {
  if (!block.windows.empty() && block.windows.front().started != SteadyTime{}) {
    return block.windows.front().started;
  }
  return trace.samples.empty() ? SteadyTime{} : trace.samples.front().before;
}

/// Power over time of all blocks; those whose readings are gone are named.
void put_traces(Values& page, const RunRecord& record, const std::string& name,
                const BlockTrace& trace_of, const Texts& say) {
  std::vector<TracedBlock> traced;
  std::vector<Values> links;
  std::vector<Values> missing;
  for (const BlockRecord& block : record.blocks) {
    if (block.trace_sha256.empty()) continue;
    std::optional<EnergyTrace> trace = trace_of(block);
    const std::string number = std::to_string(block.number);
    if (!trace) {
      missing.emplace_back().text("number", number);
      continue;
    }
    Values& link = links.emplace_back();
    link.text("number", number).text("csv", trace_file_name(name, block));
    if (links.size() <= kMostTraces) link.text("choice", std::to_string(links.size()));
    const SteadyTime origin = origin_of(block, *trace);
    traced.push_back({.number = block.number, .trace = std::move(*trace), .origin = origin});
  }
  page.html("power", power_overlay_chart(traced, say))
      .flag("has_choice", links.size() > 1)
      .list("missing", std::move(missing));
  page.list_with_flag("traces", std::move(links));
}

std::string strip_of(const Score& score, const EnergyUnit& unit, const Texts& say) {
  std::vector<StripBlock> strip;
  for (const BlockScore& block : score.block_scores) {
    if (block.joules.value <= 0) continue;
    const double joules = energy_figure(score, block);
    strip.push_back({.number = block.number,
                     .joules = joules,
                     .error = joules * (block.error.value / block.joules.value)});
  }
  return block_strip(strip, *energy_figure(score), unit, say);
}

}  // namespace

Values training_values(const RunRecord& record, const Score& score, const Texts& say) {
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
      .list("floors", floor_rows(score, unit, say));
  return training;
}

void put_blocks(Values& page, const RunRecord& record, const Score* score, const std::string& name,
                const BlockTrace& trace_of, const Texts& say) {
  EnergyUnit unit;
  if (score != nullptr && energy_figure(*score)) {
    unit = energy_unit_for({&energy_figure(*score)->value, 1});
    page.html("strip", strip_of(*score, unit, say));
  }
  page.flag("has_blocks", !record.blocks.empty())
      .text("unit", unit.name)
      .list("blocks", block_rows(record, score, unit, say))
      .list("domains", domain_rows(record, say));
  if (const auto shares = energy_shares(record)) page.text("share_words", share_words(*shares));
  put_traces(page, record, name, trace_of, say);
}

std::string trace_file_name(const std::string& name, const BlockRecord& block) {
  return fmt::format("{}.block-{}.csv.gz", name, block.number);
}

}  // namespace joulebench
