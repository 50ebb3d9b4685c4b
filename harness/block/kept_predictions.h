#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "harness/protocol/predictions.h"

namespace joulebench {

/// Which passes' predictions a block keeps: all where they take no more than 3 MiB; else the first
/// and others drawn by the block's seed, so that no program can know which: as many as fit, and
/// seven at least where those take no more than 128 MiB.
class KeptPasses {
 public:
  KeptPasses(std::uint64_t order_seed, int passes, std::size_t bytes_per_pass);

  int count() const { return static_cast<int>(passes_.size()); }
  /// The row of pass `pass` (1-based) among those kept; -1: it is not kept.
  std::ptrdiff_t row_of(int pass) const;

 private:
  std::vector<int> passes_;  // ascending
};

/// Room for the predictions of `rows` passes: (rows, samples) or (rows, samples, classes).
Tensor prediction_tensor(std::size_t rows, std::size_t samples, const PredictionFormat& format);

/// Stores the answers of one pass as row `row` in the dataset's order: the answers' sample
/// first + i is the dataset's order[i].
void put_in_order(Tensor& predictions, std::size_t row, std::span<const std::uint32_t> order,
                  const Tensor& answers, std::size_t first = 0);

/// The predictions of a block as they come in, pass by pass.
class KeptPredictions {
 public:
  KeptPredictions(std::uint64_t order_seed, int passes, std::size_t samples,
                  const PredictionFormat& format);

  /// For the record: 0 where all are kept.
  int kept_passes() const { return kept_.count() < passes_ ? kept_.count() : 0; }
  /// The answers of pass `pass` (1-based) begin with sample `first` of `answers`; put in order
  /// where the pass is kept.
  void put(int pass, const Tensor& answers, std::size_t first = 0) {
    put_as(pass, pass, answers, first);
  }
  /// The same of a pass that came in the order of pass `ordered_as`.
  void put_as(int pass, int ordered_as, const Tensor& answers, std::size_t first = 0);
  Tensor take() { return std::move(predictions_); }

 private:
  std::uint64_t order_seed_;
  int passes_;
  std::size_t samples_;
  KeptPasses kept_;
  Tensor predictions_;
};

}  // namespace joulebench
