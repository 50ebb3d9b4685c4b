#include "scoring/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "scoring/counted_domains.h"
#include "scoring/energy_statistics.h"
#include "scoring/training_curve.h"

namespace joulebench {
namespace {

/// What the blocks' domains add up to under the track's energy rule.
struct BlockEnergy {
  std::optional<Joules> joules;
  Joules error;
  std::optional<Joules> net;
  Joules net_error;
  EnergyClass energy_class = EnergyClass::measured;
  std::string formula;
  std::string source;
  std::string problem;  // why there are no joules, in words
};

const IdlePower* idle_of(const BlockRecord& block, const std::string& domain) {
  for (const IdlePower& idle : block.idle) {
    if (idle.domain == domain) return &idle;
  }
  return nullptr;
}

/// "powercap:intel-rapl:0" -> "powercap"; of the model all of it, since it says how many watts were
/// assumed.
std::string source_kind(const DomainInfo& domain) {
  if (domain.kind == DomainKind::model) return domain.source;
  return domain.source.substr(0, domain.source.find(':'));
}

BlockEnergy energy_of(const BlockRecord& block, const EnergyRule& rule) {
  BlockEnergy sum;
  Joules total{0};
  Joules net{0};
  double net_error_squares = 0;
  bool has_net = true;
  std::set<DomainKind> found;
  const std::string name = "block " + std::to_string(block.number);
  for (const DomainEnergy* const counted : counted_domains(block.energy, rule)) {
    const DomainEnergy& energy = *counted;
    found.insert(energy.domain.kind);
    sum.energy_class = worse(sum.energy_class, energy.domain.energy_class);
    sum.formula += (sum.formula.empty() ? "" : " + ") + energy.domain.name;
    if (const std::string kind = source_kind(energy.domain); !sum.source.ends_with(kind)) {
      sum.source += (sum.source.empty() ? "" : " + ") + kind;
    }
    if (!energy.joules) {
      sum.problem = name + " has no energy for " + energy.domain.name;
      return sum;
    }
    const double joules = energy.joules->value;
    if (!std::isfinite(joules) || joules < 0 || !(energy.error.value >= 0)) {
      sum.problem = name + ": the energy of " + energy.domain.name +
                    " is not a number of joules; the record is damaged";
      return sum;
    }
    total += *energy.joules;
    sum.error += energy.error;
    const IdlePower* idle = idle_of(block, energy.domain.name);
    if (idle == nullptr || !idle->before || !idle->after) {
      has_net = false;
      continue;
    }
    // Idle power during the block lies between what it was before and after: half their distance is
    // the uncertainty.
    const Watts mean_idle = (*idle->before + *idle->after) / 2;
    net += *energy.joules - mean_idle * block.measured;
    net_error_squares +=
        std::pow(std::abs((*idle->before - *idle->after).value) / 2 * block.measured.count(), 2);
  }
  if (!found.contains(DomainKind::model)) {
    for (const DomainKind kind : rule.domains) {
      const auto& optional = rule.where_present;
      if (found.contains(kind)) continue;
      if (std::find(optional.begin(), optional.end(), kind) != optional.end()) continue;
      sum.problem = std::string("the track counts ") + to_string(kind) +
                    ", and this node measured no such domain";
      sum.energy_class = EnergyClass::unavailable;
      return sum;
    }
  }
  if (!(total.value > 0)) {
    sum.problem = name + " used 0 J: the counter did not move";
    return sum;
  }
  sum.joules = total;
  if (has_net) {
    sum.net = net;
    sum.net_error = Joules{std::hypot(sum.error.value, std::sqrt(net_error_squares))};
  }
  return sum;
}

/// What of a machine's state changes energy, without its name.
std::string settings_line(const NodeState& node) {
  std::string line = std::to_string(node.cpus) + " x " + node.cpu_model;
  if (node.governor) line += ", governor " + *node.governor;
  if (node.turbo) line += *node.turbo ? ", turbo on" : ", turbo off";
  if (node.smt) line += *node.smt ? ", SMT on" : ", SMT off";
  for (const std::string& gpu : node.gpus) line += ", " + gpu;
  return line;
}

/// What runs the machine, to follow its settings.
std::string software_line(const NodeState& node) {
  std::string line = ", kernel " + node.kernel;
  if (node.microcode) line += ", microcode " + *node.microcode;
  if (node.gpu_driver) line += ", driver " + *node.gpu_driver;
  return line;
}

/// The machine and its settings, as one line: what a section says of where it was measured.
std::string node_line(const NodeState& node) {
  std::string line = node.hostname + ", " + settings_line(node);
  for (const std::string& id : node.gpu_ids) line += ", " + id;
  return line;
}

void add_reason(Score& score, std::string reason) {
  if (std::find(score.unranked.begin(), score.unranked.end(), reason) == score.unranked.end()) {
    score.unranked.push_back(std::move(reason));
  }
}

/// Names that say more than the number of their class; empty where they would fill a score.
std::vector<std::string> names_to_keep(std::span<const std::string> names) {
  constexpr std::size_t kMostBytes = 2'000;
  std::size_t bytes = 0;
  bool is_counting = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    bytes += names[i].size();
    is_counting &= names[i] == std::to_string(i);
  }
  if (is_counting || bytes > kMostBytes) return {};
  return {names.begin(), names.end()};
}

void add_quality(Score& score, const RunRecord& record, const PredictionSource& predictions,
                 const TestLabels& labels, const OutsideScore* outside) {
  if (labels.dataset_sha256 != record.dataset_sha256) {
    throw Error({.what = "cannot score a run",
                 .where = record.entry.name + ": it was measured on version " +
                          record.dataset_sha256.substr(0, 12) + " of dataset " +
                          record.track.dataset + ", the labels are of version " +
                          labels.dataset_sha256.substr(0, 12),
                 .hint = "score it with the dataset of the run, or run it again"});
  }
  if (labels.values.empty()) {
    throw Error({.what = "cannot score a run",
                 .where = "dataset " + record.track.dataset + " has no hidden labels",
                 .hint = {}});
  }
  score.samples = labels.values.size();
  QualityScorer scorer(record.track.metric, labels);
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    const BlockQuality quality = scorer.add(block, predictions(block));
    // Every prediction that was measured counts for energy, also of passes that were not kept; the
    // looks before and after the windows do not. A training predicts outside its window.
    const bool is_training = block.training.has_value();
    score.block_scores.push_back(
        {.number = block.number,
         .round = block.round,
         .session = block.session,
         .passes = block.passes,
         .samples = is_training ? static_cast<std::uint64_t>(block.passes) * labels.values.size()
                                : block.samples,
         .scored = quality.scored,
         .correct = quality.correct,
         .metric_value = quality.metric_value,
         .measured = block.measured});
  }
  if (scorer.scored() == 0) return;
  if (std::optional<Flag> flag = scorer.mode_switching()) score.flags.push_back(std::move(*flag));
  const double confidence = record.track.ranking.confidence;
  score.accuracy = scorer.accuracy(confidence);
  if (score.accuracy) score.accuracy->interval = accuracy_interval(score, confidence);
  score.metric_value = scorer.metric_value(confidence);
  score.class_answers = scorer.class_answers();
  if (!score.class_answers.empty()) score.class_names = names_to_keep(labels.class_names);
  if (score.accuracy && score.task == Task::predict) {
    score.answers = AnswersBySample{labels.dataset_sha256, scorer.right_samples()};
  }
  if (!record.track.metric.is_outside()) return;
  if (outside == nullptr) throw std::logic_error("bug: nobody asked the outside scorer");
  score.scorer_sha256 = outside->scorer_sha256;
  if (!outside->value) {
    add_reason(score, "its " + score.metric + " could not be computed: " + outside->problem);
    return;
  }
  score.metric_value = outside->value;
}

// What the valid blocks of a run used, each for itself and together.
struct EnergyOfBlocks {
  std::vector<EnergyFigure> figures;
  std::vector<EnergyFigure> net_figures;
  bool complete = true;  // of every block it is known
  Joules joules{0};
  Seconds measured{0};
  std::uint64_t predicted = 0;
};

EnergyOfBlocks collect_energy(Score& score, const RunRecord& record) {
  EnergyOfBlocks all;
  score.energy_class = EnergyClass::measured;
  auto block_score = score.block_scores.begin();
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    BlockScore& of_block = *block_score++;
    const BlockEnergy energy = energy_of(block, record.track.energy);
    score.energy_class = worse(score.energy_class, energy.energy_class);
    if (score.total_formula.empty()) score.total_formula = energy.formula;
    if (score.source.empty()) score.source = energy.source;
    if (score.total_formula != energy.formula) {
      add_reason(score, "its blocks counted different domains: " + score.total_formula + " and " +
                            energy.formula);
    }
    if (!energy.joules) {
      add_reason(score, energy.problem);
      all.complete = false;
      continue;
    }
    const bool per_training = score.task == Task::train;
    const double samples = per_training ? 1 : static_cast<double>(of_block.samples);
    of_block.joules = *energy.joules;
    of_block.error = energy.error;
    of_block.net = energy.net;
    of_block.net_error = energy.net_error;
    all.joules += *energy.joules;
    all.measured += block.measured;
    all.predicted += of_block.samples;
    all.figures.push_back(
        {.value = energy.joules->value / samples, .relative_error = energy.error / *energy.joules});
    if (energy.net && energy.net->value > 0) {
      all.net_figures.push_back(
          {.value = energy.net->value / samples, .relative_error = energy.net_error / *energy.net});
    }
  }
  return all;
}

void add_energy(Score& score, const RunRecord& record) {
  const EnergyOfBlocks all = collect_energy(score, record);
  std::vector<double> values;
  for (const EnergyFigure& figure : all.figures) values.push_back(figure.value);
  if (const auto far = all.complete ? outlier(values) : std::nullopt) {
    score.flags.push_back({"outlier", "block " + std::to_string(score.block_scores[*far].number) +
                                          " used " + fmt::format("{:.4g}", values[*far]) +
                                          " J per " + unit_of_work(score.task) +
                                          ", far from the others; it counts all the same"});
  }
  // A mean over some of the blocks only would depend on which of them failed to be read.
  if (!all.complete || all.figures.empty()) return;
  const double confidence = record.track.ranking.confidence;
  const bool is_training = score.task == Task::train;
  (is_training ? score.joules_per_training : score.joules_per_sample) =
      geometric_mean(all.figures, confidence);
  if (all.net_figures.size() == all.figures.size()) {
    (is_training ? score.net_joules_per_training : score.net_joules_per_sample) =
        geometric_mean(all.net_figures, confidence);
  }
  if (all.measured.count() <= 0) return;
  score.mean_watts = all.joules / all.measured;
  if (!is_training) {
    score.samples_per_second = static_cast<double>(all.predicted) / all.measured.count();
  }
}

void add_harness_share(Score& score, const RunRecord& record) {
  Seconds harness{0}, wall{0};
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const WindowRecord& window : block.windows) {
      harness += window.harness_cpu;
      wall += window.wall;
    }
  }
  if (wall.count() > 0) score.harness_share = harness / wall;
}

// Absent unless every valid block has one that is a time.
void add_latency(Score& score, const RunRecord& record) {
  const auto over_blocks = [&record](Seconds Latency::*which) -> std::optional<Estimate> {
    std::vector<EnergyFigure> figures;
    for (const BlockRecord& block : record.blocks) {
      if (block.outcome != Outcome::valid) continue;
      const double value = block.latency ? ((*block.latency).*which).count() : 0;
      if (!std::isfinite(value) || value <= 0) return std::nullopt;
      figures.push_back({.value = value});
    }
    return geometric_mean(figures, record.track.ranking.confidence);
  };
  const auto p50 = over_blocks(&Latency::p50);
  const auto p90 = over_blocks(&Latency::p90);
  const auto p99 = over_blocks(&Latency::p99);
  if (p50 && p90 && p99) score.latency = {.p50 = *p50, .p90 = *p90, .p99 = *p99};
}

}  // namespace

std::string environment_words(const std::optional<EnvironmentIdentity>& environment) {
  if (!environment) return "the organizer's own /usr";
  return environment->name + " " + environment->sha256.substr(0, 12);
}

bool ran_in_same_environment(const Score& a, const Score& b) {
  const auto digest = [](const Score& score) {
    return score.environment ? score.environment->sha256 : std::string();
  };
  return digest(a) == digest(b);
}

Interval accuracy_interval(const Score& score, double confidence) {
  if (!score.accuracy) throw std::logic_error("bug: the interval of no accuracy");
  const double value = score.accuracy->value;
  Interval interval = wilson_interval(value, score.samples, confidence);
  std::vector<double> of_trainings;
  for (const BlockScore& block : score.block_scores) {
    if (block.accuracy()) of_trainings.push_back(*block.accuracy());
  }
  if (score.task != Task::train || of_trainings.size() < 2) return interval;
  // The test part's variance, as Wilson has it to either side, and that of the trainings' mean,
  // with Satterthwaite's degrees of freedom: the first is as good as known.
  const Sample trainings = sample_of(of_trainings);
  const double z = normal_quantile((1 + confidence) / 2);
  const auto half = [&](double wilson) {
    const double sampled = std::pow(wilson / z, 2);
    const double scatter = trainings.variance_of_mean();
    if (!(scatter > 0)) return wilson;
    const double sum = sampled + scatter;
    const double degrees = trainings.degrees() * sum * sum / (scatter * scatter);
    return upper_t_quantile((1 - confidence) / 2, degrees) * std::sqrt(sum);
  };
  return {.low = std::max(0.0, value - half(value - interval.low)),
          .high = std::min(1.0, value + half(interval.high - value))};
}

std::string machine_line(const NodeState& node) {
  return settings_line(node) + software_line(node);
}

Score score_run(const RunRecord& record, const PredictionSource& predictions,
                const TestLabels& labels, const OutsideScore* outside,
                const PredictionSource& checkpoints) {
  Score score{.entry_id = record.entry.id,
              .entry_name = record.entry.name,
              .is_baseline = record.entry.is_baseline,
              .task = record.track.task,
              .outcome = record.outcome,
              .message = record.message,
              .metric = record.track.metric.name,
              .less_is_better = record.track.metric.less_is_better,
              .is_share = record.track.metric.is_share,
              .blocks = record.valid_blocks(),
              .flags = record.flags,
              .environment = record.environment,
              .node = node_line(record.node_before),
              .machine = machine_line(record.node_before)};
  if (record.outcome != Outcome::valid) return score;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const Flag& flag : block.flags) {
      score.flags.push_back(
          {flag.name, "block " + std::to_string(block.number) + ": " + flag.detail});
    }
  }
  if (score.blocks == 0) {
    add_reason(score, "it has no valid block");
    return score;
  }
  add_quality(score, record, predictions, labels, outside);
  add_energy(score, record);
  add_latency(score, record);
  add_harness_share(score, record);
  if (score.task == Task::train && checkpoints) {
    add_training_curves(score, record, checkpoints, labels.validation);
  }
  if (score.energy_class == EnergyClass::suspect) {
    add_reason(score, "its energy is suspect: see the flags of its blocks");
  }
  // Its kernel and driver too: blocks before and after an update are of two machines.
  const auto whole_line = [](const NodeState& node) {
    return node_line(node) + software_line(node);
  };
  if (record.node_after && whole_line(*record.node_after) != whole_line(record.node_before)) {
    add_reason(score, "the machine changed during the run: " + whole_line(record.node_before) +
                          "; then " + whole_line(*record.node_after));
  }
  return score;
}

PredictionSource predictions_in(const std::filesystem::path& run_folder) {
  return
      [run_folder](const BlockRecord& block) { return read_block_predictions(run_folder, block); };
}

PredictionSource checkpoints_in(const std::filesystem::path& run_folder) {
  return
      [run_folder](const BlockRecord& block) { return read_block_checkpoints(run_folder, block); };
}

}  // namespace joulebench
