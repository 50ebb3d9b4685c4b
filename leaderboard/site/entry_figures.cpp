#include "leaderboard/site/entry_figures.h"

#include <fmt/format.h>

#include "leaderboard/board.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/rule_words.h"
#include "scoring/figures.h"

namespace joulebench {
namespace {

/// One row of the table.
struct Figure {
  std::string label;
  std::string value;
  std::string interval;
  std::string unit;
  std::string from;        // how it came about
  std::string id;          // for links; empty: none
  bool of_energy = false;  // modelled where the energy is
};

Figure energy_row(const std::string& label, const Estimate& energy, std::string from) {
  const EnergyUnit unit = energy_unit_for({&energy.value, 1});
  return {.label = label,
          .value = value_text(energy, unit.joules),
          .interval = interval_text(energy, unit.joules),
          .unit = unit.name,
          .from = std::move(from),
          .of_energy = true};
}

Figure plain_row(const std::string& label, double value, const std::string& unit,
                 const std::string& from) {
  return {
      .label = label, .value = short_number(value), .unit = unit, .from = from, .of_energy = true};
}

void add_ranked(std::vector<Figure>& rows, const Score& score, const Texts& say) {
  const std::string per = say(unit_of_work(score.task));
  if (energy_figure(score)) {
    Figure row = energy_row(say("Energy per {}", {per}), *energy_figure(score),
                            say("geometric mean over {} blocks of {}",
                                {std::to_string(score.blocks), score.total_formula}));
    row.id = "energy";
    rows.push_back(std::move(row));
  }
  if (score.accuracy) {
    const RightAnswers answers = right_answers_of(score);
    const Estimate accuracy = shown_metric(*score.accuracy, true);
    rows.push_back({.label = say("Accuracy"),
                    .value = value_text(accuracy, 1),
                    .interval = interval_text(accuracy, 1),
                    .unit = "%",
                    .from = say("{} of {} predictions right; {} distinct samples",
                                {grouped(std::to_string(answers.right)),
                                 grouped(std::to_string(answers.compared)),
                                 grouped(std::to_string(score.samples))}),
                    .id = score.metric == "accuracy" ? "accuracy" : ""});
  }
  if (net_energy_figure(score)) {
    rows.push_back(
        energy_row(say("Net energy per {}", {per}), *net_energy_figure(score),
                   say("idle power before and after each block taken out; shown, never ranked")));
  }
}

void add_power_and_speed(std::vector<Figure>& rows, const Score& score, const Texts& say) {
  if (score.mean_watts) {
    rows.push_back(plain_row(say("Mean power"), score.mean_watts->value, "W",
                             say("joules over measured seconds of the valid blocks")));
  }
  if (score.samples_per_second) {
    rows.push_back({.label = say("Speed"),
                    .value = short_number(*score.samples_per_second),
                    .unit = say("samples/s"),
                    .from = say("predictions over measured seconds")});
  }
  if (!score.latency) return;
  const auto add = [&](const std::string& label, const Estimate& seconds, const char* id) {
    rows.push_back({.label = label,
                    .value = value_text(seconds, 1e-6),
                    .interval = interval_text(seconds, 1e-6),
                    .unit = "µs",
                    .from = say("from before a sample is written to after its answer; geometric "
                                "mean over blocks"),
                    .id = id});
  };
  add(say("Latency, median"), score.latency->p50, "latency");
  add(say("Latency, 90 % are faster"), score.latency->p90, "");
  add(say("Latency, 99 % are faster"), score.latency->p99, "");
}

void add_metric(std::vector<Figure>& rows, const Score& score, const Texts& say) {
  if (!score.metric_value) return;
  const Estimate value = shown_metric(*score.metric_value, score.is_share);
  std::string from = say("over all measured passes; bootstrap over the distinct samples");
  if (!score.scorer_sha256.empty()) {
    from = say("computed by the organizer’s program {}", {score.scorer_sha256.substr(0, 12)});
  }
  rows.push_back({.label = say(score.metric),
                  .value = value_text(value, 1),
                  .interval = interval_text(value, 1),
                  .unit = metric_unit(score.is_share),
                  .from = from + (score.less_is_better ? "; " + say("less is better") : ""),
                  .id = "accuracy"});
}

/// The energy in other words: per pass, times time, as carbon.
void add_derived(std::vector<Figure>& rows, const Score& score,
                 const std::optional<CarbonRule>& carbon, const Texts& say) {
  const double joules = energy_figure(score)->value;
  const bool is_training = score.task == Task::train;
  if (!is_training) {
    rows.push_back(plain_row(say("Energy per 1,000 samples"), joules * 1000, "J",
                             say("1,000 times energy per sample")));
    rows.push_back(plain_row(say("Energy per pass"), joules_per_passes(score, 1), "J",
                             say("energy per sample times the test part")));
    rows.push_back(plain_row(say("Energy per 200 passes"), joules_per_passes(score, 200), "J",
                             say("as the competition of 2021 counted")));
  }
  if (const std::optional<double> product = energy_delay_product(score)) {
    const EnergyUnit unit = energy_unit_for({&*product, 1});
    rows.push_back(plain_row(say("Energy-delay product"), *product / unit.joules,
                             std::string(unit.name) + " s",
                             say("energy per sample times seconds per sample")));
  }
  if (carbon) {
    rows.push_back(
        plain_row(is_training ? say("Carbon of a training") : say("Carbon of 1,000,000 samples"),
                  carbon_of(score, *carbon)->value, "gCO2e",
                  carbon_source(*carbon) + "; " + say("never ranked")));
  }
}

void add_blocks(std::vector<Figure>& rows, const Score& score, const Texts& say) {
  const double joules = energy_figure(score)->value;
  const EnergyUnit unit = energy_unit_for({&joules, 1});
  if (const std::optional<MedianSpread> spread = block_spread(score)) {
    Figure row = plain_row(say("Median of blocks"), spread->median / unit.joules, unit.name,
                           say("of energy per {}", {say(unit_of_work(score.task))}));
    row.interval = say("spread") + " " + short_number(spread->mad / unit.joules);
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::vector<Values> entry_figures(const Score& score, const std::optional<CarbonRule>& carbon,
                                  const Texts& say) {
  std::vector<Figure> rows;
  add_ranked(rows, score, say);
  add_power_and_speed(rows, score, say);
  add_metric(rows, score, say);
  if (energy_figure(score)) {
    add_derived(rows, score, carbon, say);
    add_blocks(rows, score, say);
  }
  if (score.harness_share) {
    rows.push_back({.label = say("The harness itself"),
                    .value = short_number(100 * *score.harness_share),
                    .unit = say("% of a CPU"),
                    .from = say("its own CPU time in the measured windows, over their time")});
  }
  if (const std::optional<double> correct = right_answers_per_joule(score)) {
    rows.push_back(plain_row(say("Right answers per joule"), *correct, "1/J",
                             say("accuracy over energy per sample")));
  }
  const bool is_modelled = score.energy_class == EnergyClass::modelled;
  std::vector<Values> list;
  for (const Figure& row : rows) {
    Values& values = list.emplace_back();
    values.text("label", row.label)
        .text("value", grouped(row.value))
        .text("interval", row.interval.empty() ? "" : interval_words(grouped(row.interval), say))
        .text("unit", row.unit)
        .text("from", row.from);
    if (!row.id.empty()) values.text("id", row.id);
    if (is_modelled && row.of_energy) values.text("sign", "≈");
  }
  return list;
}

}  // namespace joulebench
