#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// Why a predictions file is refused, with the first offending row, for its author.
struct PredictionsProblem {
  std::string message;
};

/// Reads what a submission wrote: a 1-D integer .npy, or text with one number a line. Trusts
/// nothing. Rows     exactly `count`; each a class index in [0, classes). `name`   is for messages.
std::variant<std::vector<std::int32_t>, PredictionsProblem> parse_predictions(
    std::string_view bytes, std::size_t count, std::size_t classes, const std::string& name);

/// Room for a block's predictions, (passes, samples), in the smallest integer type that holds every
/// class: a fast model makes many millions of them.
Tensor prediction_tensor(std::size_t passes, std::size_t samples, std::size_t classes);

/// Stores the answers of one pass (1-based) in the dataset's order: answers[i] is of row order[i].
void put_in_order(Tensor& predictions, std::size_t pass, std::span<const std::uint32_t> order,
                  std::span<const std::int32_t> answers);

}  // namespace joulebench
