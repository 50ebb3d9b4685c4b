#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// Which rows are hidden, from a file of ascending row numbers, one a line.
/// Errors: Error naming the file, the line and what was expected.
std::vector<bool> read_hidden_rows(std::string_view text, std::size_t rows,
                                   const std::string& name);
std::string write_hidden_rows(const std::vector<bool>& hidden);

/// Draws about `fraction` of each class (at least one row of a class with two) as the hidden part.
/// Rows with equal inputs stay on the same side, whatever their labels, so that no model is paid
/// for memorising. A pure function of its arguments, the same on every machine.
std::vector<bool> draw_hidden_rows(const Tensor& inputs, const std::vector<std::int32_t>& labels,
                                   double fraction, std::uint64_t seed);

/// Rows that repeat another, and how many of them a split turns into given answers.
struct Twins {
  std::size_t repeated = 0;  // rows equal to another row, the label included
  std::size_t leaked = 0;  // hidden rows with an equal row, the label included, in the public part
};
Twins find_twins(const Tensor& inputs, const std::vector<std::int32_t>& labels,
                 const std::vector<bool>& hidden);

}  // namespace joulebench
