#include "scoring/training_curve.h"

#include <algorithm>
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

const CurvePoint* first_at_least(const std::vector<CurvePoint>& curve, double floor) {
  const auto found = std::find_if(curve.begin(), curve.end(), [floor](const CurvePoint& point) {
    return point.accuracy >= floor;
  });
  return found == curve.end() ? nullptr : &*found;
}

EnergyToReach energy_to_reach(const Score& score, double floor, double confidence) {
  EnergyToReach reached{.floor = floor, .blocks = 0, .joules = {}};
  std::vector<EnergyFigure> figures;
  for (const BlockScore& block : score.block_scores) {
    const CurvePoint* const point = first_at_least(block.curve, floor);
    if (point == nullptr) continue;
    ++reached.blocks;
    if (point->joules && point->joules->value > 0) {
      figures.push_back(
          {.value = point->joules->value, .relative_error = point->error / *point->joules});
    }
  }
  // A mean over some of the blocks only would say more about which of them got there.
  if (!figures.empty() && figures.size() == score.block_scores.size()) {
    reached.joules = geometric_mean(figures, confidence);
  }
  return reached;
}

}  // namespace

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
