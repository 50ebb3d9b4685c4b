#include "scoring/score.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "core/error.h"
#include "scoring/energy_statistics.h"
#include "scoring/metrics.h"

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
  std::string problem;  // why there are no joules, in words
};

bool counts(const DomainEnergy& energy, const EnergyRule& rule, std::set<DomainKind>& once) {
  const DomainKind kind = energy.domain.kind;
  // The model stands for every domain: it is there only when it was asked for in their place.
  if (kind == DomainKind::model) return energy.domain.in_total;
  if (std::find(rule.domains.begin(), rule.domains.end(), kind) == rule.domains.end()) return false;
  // psys and wall hold the whole machine and are never in the total; perf shows psys once a
  // package.
  if (kind == DomainKind::psys || kind == DomainKind::wall) return once.insert(kind).second;
  return energy.domain.in_total;
}

const IdlePower* idle_of(const BlockRecord& block, const std::string& domain) {
  for (const IdlePower& idle : block.idle) {
    if (idle.domain == domain) return &idle;
  }
  return nullptr;
}

BlockEnergy energy_of(const BlockRecord& block, const EnergyRule& rule) {
  BlockEnergy sum;
  Joules total{0};
  Joules net{0};
  double net_error_squares = 0;
  bool has_net = true;
  std::set<DomainKind> once;
  std::set<DomainKind> found;
  const std::string name = "block " + std::to_string(block.number);
  for (const DomainEnergy& energy : block.energy) {
    if (!counts(energy, rule, once)) continue;
    found.insert(energy.domain.kind);
    sum.energy_class = worse(sum.energy_class, energy.domain.energy_class);
    sum.formula += (sum.formula.empty() ? "" : " + ") + energy.domain.name;
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
    // the doubt.
    const Watts mean_idle = (*idle->before + *idle->after) / 2;
    net += *energy.joules - mean_idle * block.measured;
    net_error_squares +=
        std::pow(std::abs((*idle->before - *idle->after).value) / 2 * block.measured.count(), 2);
  }
  if (!found.contains(DomainKind::model)) {
    for (const DomainKind kind : rule.domains) {
      if (found.contains(kind)) continue;
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

/// How often each sample was right in the first pass of a block, and in the later ones.
struct RightBySample {
  std::vector<std::uint32_t> first, later;
  std::uint32_t first_passes = 0, later_passes = 0;
};

/// Predictions equal to their label, also by sample. Labels are narrowed to the predictions' type
/// first, so that the loop compares many at once; one that does not fit there can never be right.
template <class Integer>
std::uint64_t count_correct(std::span<const std::byte> bytes, std::span<const std::int32_t> labels,
                            RightBySample& by_sample) {
  std::vector<Integer> narrow;
  std::vector<std::uint8_t> fits;
  for (const std::int32_t label : labels) {
    narrow.push_back(static_cast<Integer>(label));
    fits.push_back(std::in_range<Integer>(label) ? 1 : 0);
  }
  const std::size_t passes = bytes.size() / sizeof(Integer) / labels.size();
  std::uint64_t correct = 0;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    const std::byte* row = bytes.data() + pass * labels.size() * sizeof(Integer);
    std::uint32_t* const sums = (pass == 0 ? by_sample.first : by_sample.later).data();
    ++(pass == 0 ? by_sample.first_passes : by_sample.later_passes);
    std::uint32_t in_pass = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      Integer value;
      std::memcpy(&value, row + i * sizeof(Integer), sizeof(Integer));
      const std::uint32_t right = static_cast<std::uint32_t>(value == narrow[i]) & fits[i];
      in_pass += right;
      sums[i] += right;
    }
    correct += in_pass;
  }
  return correct;
}

std::uint64_t count_correct(const Tensor& predictions, const BlockRecord& block,
                            std::span<const std::int32_t> labels, RightBySample& by_sample) {
  const std::vector<std::size_t> shape{static_cast<std::size_t>(block.passes), labels.size()};
  if (predictions.shape == shape) {
    switch (predictions.dtype) {
      case DType::u8:
        return count_correct<std::uint8_t>(predictions.bytes, labels, by_sample);
      case DType::i8:
        return count_correct<std::int8_t>(predictions.bytes, labels, by_sample);
      case DType::i16:
        return count_correct<std::int16_t>(predictions.bytes, labels, by_sample);
      case DType::i32:
        return count_correct<std::int32_t>(predictions.bytes, labels, by_sample);
      case DType::i64:
        return count_correct<std::int64_t>(predictions.bytes, labels, by_sample);
      case DType::f32:
      case DType::f64:
        break;
    }
  }
  throw Error({.what = "cannot score a block's predictions",
               .where = "block " + std::to_string(block.number) + ": expected integers of shape (" +
                        std::to_string(block.passes) + ", " + std::to_string(labels.size()) + ")",
               .hint = "the record was changed or belongs to another dataset"});
}

/// The machine and what of its state changes energy, as one line: equal means comparable.
std::string node_line(const NodeState& node) {
  std::string line = node.hostname + ", " + std::to_string(node.cpus) + " x " + node.cpu_model;
  if (node.governor) line += ", governor " + *node.governor;
  if (node.turbo) line += *node.turbo ? ", turbo on" : ", turbo off";
  if (node.smt) line += *node.smt ? ", SMT on" : ", SMT off";
  for (const std::string& gpu : node.gpus) line += ", " + gpu;
  return line;
}

void add_reason(Score& score, std::string reason) {
  if (std::find(score.unranked.begin(), score.unranked.end(), reason) == score.unranked.end()) {
    score.unranked.push_back(std::move(reason));
  }
}

/// Class `i` of a tensor of integers; what does not fit is a class that does not exist.
std::int32_t class_at(const Tensor& tensor, std::size_t index) {
  const double value = element_as_double(tensor, index);
  return value >= 0 && value <= 1e9 ? static_cast<std::int32_t>(value) : -1;
}

/// What each distinct sample was answered with over all valid blocks; for metrics that need to
/// know.
class Answers {
 public:
  Answers(std::span<const std::int32_t> labels) {
    for (const std::int32_t label : labels) {
      samples_.push_back({.label = label, .predictions = {}});
      classes_ = std::max(classes_, static_cast<std::size_t>(label) + 1);
    }
  }
  void add(const Tensor& tensor) {
    for (std::size_t i = 0; i < tensor.elements(); ++i) {
      auto& predictions = samples_[i % samples_.size()].predictions;
      const std::int32_t answer = class_at(tensor, i);
      const auto known = std::find_if(predictions.begin(), predictions.end(),
                                      [&](const auto& one) { return one.first == answer; });
      if (known == predictions.end()) {
        predictions.emplace_back(answer, 1);
      } else {
        ++known->second;
      }
    }
  }
  Estimate value_of(const ClassMetric& metric, double confidence) const {
    Confusion confusion(classes_);
    for (const SampleAnswers& sample : samples_) {
      for (const auto& [answer, times] : sample.predictions) {
        confusion.add(sample.label, answer, times);
      }
    }
    // One seed for all: the same record gives the same interval everywhere.
    constexpr std::uint64_t kSeed = 20210;
    return {.value = (confusion.*metric.value)(),
            .interval = bootstrap_metric(samples_, classes_, metric, confidence, kSeed)};
  }

 private:
  std::vector<SampleAnswers> samples_;
  std::size_t classes_ = 1;
};

/// Design.md 7, mode switching: a program that answers its first pass in earnest and the later ones
/// cheaply is right about fewer samples there. Each sample is compared with itself, so that only
/// what changed counts; beyond chance is a two-sided 99.9 % of t, and half a point at least, which
/// the salt may move.
void audit_modes(Score& score, const RightBySample& right) {
  constexpr double kSmallest = 0.005;
  const double n = static_cast<double>(right.first.size());
  if (right.first_passes == 0 || right.later_passes == 0 || n < 2) return;
  double first = 0, later = 0, squares = 0;
  for (std::size_t i = 0; i < right.first.size(); ++i) {
    const double in_first = static_cast<double>(right.first[i]) / right.first_passes;
    const double in_later = static_cast<double>(right.later[i]) / right.later_passes;
    first += in_first;
    later += in_later;
    squares += (in_first - in_later) * (in_first - in_later);
  }
  const double mean = (first - later) / n;
  const double deviation = std::sqrt(std::max(0.0, squares - n * mean * mean) / (n - 1));
  if (std::abs(mean) < kSmallest) return;
  if (std::abs(mean) <= t_quantile(0.9995, n - 1) * deviation / std::sqrt(n)) return;
  char text[120];
  std::snprintf(
      text, sizeof text,
      "the first pass is right about %.2f %% of the samples, the later ones about %.2f %%",
      100 * first / n, 100 * later / n);
  score.flags.push_back({"mode-switching", text});
}

void add_accuracy(Score& score, const RunRecord& record, const PredictionSource& predictions,
                  const TestLabels& labels) {
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
  score.metric = record.track.metric;
  const ClassMetric& metric = class_metric(score.metric);
  std::optional<Answers> answers;
  if (score.metric != "accuracy") answers.emplace(labels.values);
  std::uint64_t correct = 0;
  std::uint64_t predicted = 0;
  RightBySample by_sample{.first = std::vector<std::uint32_t>(labels.values.size()),
                          .later = std::vector<std::uint32_t>(labels.values.size())};
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    const Tensor tensor = predictions(block);
    const std::uint64_t in_block = count_correct(tensor, block, labels.values, by_sample);
    if (answers) answers->add(tensor);
    correct += in_block;
    predicted += tensor.elements();
    score.block_scores.push_back({.number = block.number,
                                  .passes = block.passes,
                                  .samples = tensor.elements(),
                                  .correct = in_block,
                                  .measured = block.measured});
  }
  if (predicted == 0) return;
  audit_modes(score, by_sample);
  const double accuracy = static_cast<double>(correct) / static_cast<double>(predicted);
  score.accuracy = {
      .value = accuracy,
      .interval = wilson_interval(accuracy, score.samples, record.track.ranking.confidence)};
  if (answers) score.metric_value = answers->value_of(metric, record.track.ranking.confidence);
}

void add_energy(Score& score, const RunRecord& record) {
  std::vector<EnergyFigure> figures;
  std::vector<EnergyFigure> net_figures;
  bool complete = true;
  Joules joules{0};
  Seconds measured{0};
  std::uint64_t predicted = 0;
  score.energy_class = EnergyClass::measured;
  auto block_score = score.block_scores.begin();
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    BlockScore& of_block = *block_score++;
    const BlockEnergy energy = energy_of(block, record.track.energy);
    score.energy_class = worse(score.energy_class, energy.energy_class);
    if (score.total_formula.empty()) score.total_formula = energy.formula;
    if (score.total_formula != energy.formula) {
      add_reason(score, "its blocks counted different domains: " + score.total_formula + " and " +
                            energy.formula);
    }
    if (!energy.joules) {
      add_reason(score, energy.problem);
      complete = false;
      continue;
    }
    const double samples = static_cast<double>(of_block.samples);
    of_block.joules = *energy.joules;
    of_block.error = energy.error;
    of_block.net = energy.net;
    of_block.net_error = energy.net_error;
    joules += *energy.joules;
    measured += block.measured;
    predicted += of_block.samples;
    figures.push_back(
        {.value = energy.joules->value / samples, .relative_error = energy.error / *energy.joules});
    if (energy.net && energy.net->value > 0) {
      net_figures.push_back(
          {.value = energy.net->value / samples, .relative_error = energy.net_error / *energy.net});
    }
  }
  std::vector<double> values;
  for (const EnergyFigure& figure : figures) values.push_back(figure.value);
  const std::vector<bool> far = outliers(values);
  for (std::size_t i = 0; complete && i < far.size(); ++i) {
    if (!far[i]) continue;
    score.flags.push_back(
        {"outlier", "block " + std::to_string(score.block_scores[i].number) + " used " +
                        std::to_string(values[i]) +
                        " J per sample, far from the others; it counts all the same"});
  }
  // A mean over some of the blocks only would depend on which of them failed to be read.
  if (!complete || figures.empty()) return;
  const double confidence = record.track.ranking.confidence;
  score.joules_per_sample = geometric_mean(figures, confidence);
  if (net_figures.size() == figures.size()) {
    score.net_joules_per_sample = geometric_mean(net_figures, confidence);
  }
  if (measured.count() > 0) {
    score.mean_watts = joules / measured;
    score.samples_per_second = static_cast<double>(predicted) / measured.count();
  }
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

Score score_run(const RunRecord& record, const PredictionSource& predictions,
                const TestLabels& labels) {
  Score score{.entry_id = record.entry.id,
              .entry_name = record.entry.name,
              .outcome = record.outcome,
              .message = record.message,
              .blocks = record.valid_blocks(),
              .flags = record.flags,
              .node = node_line(record.node_before)};
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
  add_accuracy(score, record, predictions, labels);
  add_energy(score, record);
  add_latency(score, record);
  if (score.energy_class == EnergyClass::suspect) {
    add_reason(score, "its energy is suspect: see the flags of its blocks");
  }
  if (record.node_after && node_line(*record.node_after) != score.node) {
    add_reason(score, "the machine changed during the run: " + score.node + "; then " +
                          node_line(*record.node_after));
  }
  return score;
}

PredictionSource predictions_in(const std::filesystem::path& run_folder) {
  return
      [run_folder](const BlockRecord& block) { return read_block_predictions(run_folder, block); };
}

}  // namespace joulebench
