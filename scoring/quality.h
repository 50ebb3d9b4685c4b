#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/metric.h"
#include "core/run_record.h"
#include "core/statistics.h"
#include "core/tensor.h"
#include "scoring/class_answers.h"

namespace joulebench {

/// The hidden labels that a run is scored against.
struct TestLabels {
  std::span<const std::int32_t> values;  // class index per distinct sample
  std::span<const double> numbers;       // what regression is to find; empty: no such dataset
  std::string dataset_sha256;            // must equal the record's
  std::span<const std::string> class_names = {};  // by class; empty: they have none
  std::span<const std::int32_t> validation = {};  // of the samples that checkpoints are about
};

/// What one block's predictions are worth.
struct BlockQuality {
  std::uint64_t scored = 0;              // predictions compared with their labels
  std::optional<std::uint64_t> correct;  // absent: numbers are not right or wrong
  std::optional<double> metric_value;    // of a metric of ours other than accuracy
};

/// Compares predictions with labels, block after block, so that no more than one block's are in
/// memory. Classes are taken from scores where that is what there is (the largest; of equal ones
/// the higher class), so that a record of scores can be scored by every metric of classes.
class QualityScorer {
 public:
  /// Errors: Error when the dataset has not what the metric needs. `labels` must outlive this.
  QualityScorer(const Metric& metric, const TestLabels& labels);
  QualityScorer(QualityScorer&&) noexcept;
  ~QualityScorer();

  /// Errors: Error when the tensor is not of the block's shape, or not what the metric needs.
  BlockQuality add(const BlockRecord& block, const Tensor& predictions);

  std::uint64_t scored() const;
  /// Wilson's interval, n = distinct samples; absent: numbers, or nothing was added.
  std::optional<Estimate> accuracy(double confidence) const;
  /// Of each distinct sample whether more than half of its predictions were right; empty: numbers.
  std::vector<bool> right_samples() const;
  /// Of a metric of ours other than accuracy: seeded bootstrap over the distinct samples.
  std::optional<Estimate> metric_value(double confidence) const;
  /// How each class was answered; empty: numbers, or more classes than are counted.
  std::vector<ClassAnswers> class_answers() const;
  /// Design.md 7, mode switching: the first passes of the blocks against the later ones, by the
  /// metric where it has a value per sample, else by right answers; of an outside scorer's numbers
  /// nothing is known per sample, and nothing is said.
  std::optional<Flag> mode_switching() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace joulebench
