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

/// Classes that were checked, as they are kept.
Tensor class_tensor(std::span<const std::int32_t> classes, const PredictionFormat& format);

}  // namespace joulebench
