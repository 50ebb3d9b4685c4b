#include "scoring/training_curve.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "core/error.h"
#include "scoring/counted_domains.h"

namespace joulebench {
namespace {

double accuracy_of(const Tensor& checkpoints, std::size_t row,
                   std::span<const std::int32_t> labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    right += element_as_double(checkpoints, row * labels.size() + i) == labels[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

CurvePoint point_of(const CheckpointRecord& checkpoint, const EnergyRule& rule) {
  CurvePoint point{.at = checkpoint.at, .joules = Joules{0}, .error = {}, .accuracy = 0};
  const std::vector<const DomainEnergy*> counted = counted_domains(checkpoint.energy, rule);
  if (counted.empty()) point.joules.reset();
  for (const DomainEnergy* const energy : counted) {
    if (!energy->joules || !point.joules) {
      point.joules.reset();
      break;
    }
    *point.joules += *energy->joules;
    point.error += energy->error;
  }
  return point;
}

/// One step of a curve that never falls: checkpoints whose accuracies were pooled.
struct Step {
  double accuracy = 0;  // their mean
  double count = 0;
  std::size_t first = 0;  // its checkpoints are [first, end)
  std::size_t end = 0;
};

/// Isotonic regression by pooling adjacent violators: the curve that never falls and lies nearest
/// to the accuracies. Source  M. Ayer et al., Annals of Mathematical Statistics 26 (1955) 641-647.
std::vector<Step> rising_steps(const std::vector<CurvePoint>& curve) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    steps.push_back({curve[i].accuracy, 1, i, i + 1});
    while (steps.size() > 1 && steps[steps.size() - 2].accuracy >= steps.back().accuracy) {
      const Step last = steps.back();
      steps.pop_back();
      Step& before = steps.back();
      const double count = before.count + last.count;
      before.accuracy = (before.accuracy * before.count + last.accuracy * last.count) / count;
      before.count = count;
      before.end = last.end;
    }
  }
  return steps;
}

/// Mean energy of a step's checkpoints with its mean error; absent: one could not be read.
std::optional<EnergyAt> energy_of(const Step& step, const std::vector<CurvePoint>& curve) {
  EnergyAt sum;
  for (std::size_t i = step.first; i < step.end; ++i) {
    if (!curve[i].joules) return std::nullopt;
    sum.joules += *curve[i].joules / step.count;
    sum.error += curve[i].error / step.count;
  }
  return sum;
}

EnergyToReach energy_to_reach(const Score& score, double floor, double confidence) {
  EnergyToReach reached{.floor = floor, .blocks = 0, .joules = {}};
  std::vector<EnergyFigure> figures;
  for (const BlockScore& block : score.block_scores) {
    const FloorCrossing crossing = crossing_of(block.curve, floor);
    if (!crossing.is_reached) continue;
    ++reached.blocks;
    if (crossing.energy && crossing.energy->joules.value > 0) {
      figures.push_back({.value = crossing.energy->joules.value,
                         .relative_error = crossing.energy->error / crossing.energy->joules});
    }
  }
  // A mean over some of the blocks only would say more about which of them got there.
  if (!figures.empty() && figures.size() == score.block_scores.size()) {
    reached.joules = geometric_mean(figures, confidence);
  }
  return reached;
}

}  // namespace

FloorCrossing crossing_of(const std::vector<CurvePoint>& curve, double floor) {
  const std::vector<Step> steps = rising_steps(curve);
  // Pooled means may miss the floor by a rounding that single checkpoints do not have.
  const auto step = std::find_if(steps.begin(), steps.end(), [floor](const Step& one) {
    return one.accuracy >= floor - 1e-12;
  });
  if (step == steps.end()) return {};
  FloorCrossing crossing{.is_reached = true, .energy = std::nullopt};
  if (step == steps.begin()) {
    if (curve[0].joules) crossing.energy = EnergyAt{*curve[0].joules, curve[0].error};
    return crossing;
  }
  const Step& below = *std::prev(step);
  const auto from = energy_of(below, curve);
  const auto to = energy_of(*step, curve);
  if (!from || !to) return crossing;
  const double share = std::min(1.0, (floor - below.accuracy) / (step->accuracy - below.accuracy));
  crossing.energy = EnergyAt{.joules = from->joules + (to->joules - from->joules) * share,
                             .error = from->error + (to->error - from->error) * share};
  return crossing;
}

void add_training_curves(Score& score, const RunRecord& record, const PredictionSource& checkpoints,
                         std::span<const std::int32_t> labels) {
  bool any = false;
  auto block_score = score.block_scores.begin();
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    BlockScore& of_block = *block_score++;
    if (!block.training || block.training->checkpoints.empty()) continue;
    if (block.training->validation_samples != labels.size()) {
      throw Error({.what = "cannot score the checkpoints of a training",
                   .where = record.entry.name + ": block " + std::to_string(block.number) +
                            " predicted " + std::to_string(block.training->validation_samples) +
                            " validation samples, the dataset has " + std::to_string(labels.size()),
                   .hint = "the record was changed or belongs to another dataset"});
    }
    any = true;
    const Tensor tensor = checkpoints(block);
    for (std::size_t i = 0; i < block.training->checkpoints.size(); ++i) {
      CurvePoint point = point_of(block.training->checkpoints[i], record.track.energy);
      point.accuracy = accuracy_of(tensor, i, labels);
      of_block.curve.push_back(point);
    }
  }
  // Floors are about the track's metric; the curve is about accuracy.
  if (!any || record.track.metric.name != "accuracy") return;
  std::vector<double> floors = record.track.ranking.floors;
  std::sort(floors.begin(), floors.end());
  for (const double floor : floors) {
    score.energy_to_reach.push_back(energy_to_reach(score, floor, record.track.ranking.confidence));
  }
}

}  // namespace joulebench
