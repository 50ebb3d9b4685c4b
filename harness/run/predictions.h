#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/competition.h"
#include "core/metric.h"
#include "core/tensor.h"

namespace joulebench {

class Sandbox;
struct FileStamp;

/// Why a predictions file is refused, with the first offending row, for its author.
struct PredictionsProblem {
  std::string message;
};

/// What a program is to hand back for each sample, and how it is kept.
struct PredictionFormat {
  PredictionKind kind = PredictionKind::classes;
  std::size_t classes = 1;  // of the dataset

  /// A row of numbers a sample: scores and probabilities.
  bool has_rows() const;
  /// Numbers a sample: 1, or one per class.
  std::size_t width() const;
  /// Classes in the smallest integer type that holds them all, for a fast model makes many
  /// millions of them; scores and probabilities as float32, numbers as float64.
  DType kept_as() const;
};

/// Reads what a submission wrote: a .npy file of `count` rows, or text with one number a line where
/// a sample has one. Trusts nothing. `name` is for messages.
///   classes        1-D integers in [0, classes)
///   scores         2-D, (count, classes), finite
///   probabilities  the same, >= 0, each row's sum within kProbabilitySumTolerance of 1
///   numbers        1-D, finite
/// The result has the shape of what was read and the type it is kept as.
std::variant<Tensor, PredictionsProblem> parse_predictions(std::string_view bytes,
                                                           std::size_t count,
                                                           const PredictionFormat& format,
                                                           const std::string& name);

/// Reads the predictions that a program left in /jb/out/`file`. Errors: SubmissionFailure.
/// `stamp`, where it is not null, becomes that of the file.
Tensor read_predictions(const Sandbox& sandbox, const std::string& file, std::size_t count,
                        const PredictionFormat& format, const Limits& limits,
                        FileStamp* stamp = nullptr);

/// Which passes' predictions a block keeps: all where they take no more than 128 MiB; else the
/// first and as many others as fit, drawn by the block's seed, so that no program can know which.
class KeptPasses {
 public:
  KeptPasses(std::uint64_t order_seed, int passes, std::size_t bytes_per_pass);

  int count() const { return static_cast<int>(passes_.size()); }
  /// The row of pass `pass` (1-based) among those kept; -1: it is not kept.
  std::ptrdiff_t row_of(int pass) const;

 private:
  std::vector<int> passes_;  // ascending
};

/// Classes that were checked, as they are kept.
Tensor class_tensor(std::span<const std::int32_t> classes, const PredictionFormat& format);

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
  void put(int pass, const Tensor& answers, std::size_t first = 0);
  Tensor take() { return std::move(predictions_); }

 private:
  std::uint64_t order_seed_;
  int passes_;
  std::size_t samples_;
  KeptPasses kept_;
  Tensor predictions_;
};

}  // namespace joulebench
