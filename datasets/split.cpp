#include "datasets/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <unordered_map>

#include "core/error.h"
#include "datasets/order.h"

namespace joulebench {
namespace {

std::string_view row_view(const Tensor& inputs, std::size_t row) {
  const auto bytes = inputs.row(row);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::vector<bool> read_hidden_rows(std::string_view text, std::size_t rows,
                                   const std::string& name) {
  std::vector<bool> hidden(rows, false);
  std::size_t line_number = 0;
  std::size_t next = 0;  // the lowest row that may still come
  while (!text.empty()) {
    ++line_number;
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::size_t row = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), row);
    if (error != std::errc() || end != line.data() + line.size() || row < next || row >= rows) {
      throw Error(
          {.what = "cannot read a dataset's split",
           .where = fmt::format(
               "{}: line {}: '{}', where {} was expected", name, line_number, line.substr(0, 20),
               next < rows ? fmt::format("a row number from {} to {}", next, rows - 1)
                           : std::string("the end of the file")),
           .hint = {}});
    }
    hidden[row] = true;
    next = row + 1;
  }
  return hidden;
}

std::string write_hidden_rows(const std::vector<bool>& hidden) {
  std::string text;
  for (std::size_t row = 0; row < hidden.size(); ++row) {
    if (hidden[row]) text += std::to_string(row) + "\n";
  }
  return text;
}

std::vector<bool> draw_hidden_rows(const Tensor& inputs, const std::vector<std::int32_t>& labels,
                                   double fraction, std::uint64_t seed) {
  std::unordered_map<std::string_view, std::size_t> group_of_inputs;
  std::vector<std::vector<std::size_t>> groups;  // rows, in the order of their first one
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto [at, is_new] = group_of_inputs.try_emplace(row_view(inputs, row), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(row);
  }
  std::map<std::int32_t, std::vector<std::size_t>> groups_of_class;  // by a group's first row
  for (std::size_t group = 0; group < groups.size(); ++group) {
    groups_of_class[labels[groups[group][0]]].push_back(group);
  }
  std::vector<bool> hidden(labels.size(), false);
  for (const auto& [label, members] : groups_of_class) {
    if (members.size() < 2) continue;  // its only sample is of more use in public
    std::size_t rows = 0;
    for (const std::size_t group : members) rows += groups[group].size();
    const double wanted = std::max(1.0, std::round(fraction * static_cast<double>(rows)));
    std::size_t taken = 0;
    const auto order = draw_order(seed, label, members.size());
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {  // the last one stays public
      const auto& group = groups[members[order[i]]];
      if (static_cast<double>(taken + group.size()) > wanted && taken > 0) continue;
      for (const std::size_t row : group) hidden[row] = true;
      taken += group.size();
      if (static_cast<double>(taken) >= wanted) break;
    }
  }
  return hidden;
}

Twins find_twins(const Tensor& inputs, const std::vector<std::int32_t>& labels,
                 const std::vector<bool>& hidden) {
  struct Counts {
    std::size_t rows = 0;
    std::size_t hidden = 0;
  };
  std::unordered_map<std::string, Counts> counts;
  const auto key = [&](std::size_t row) {
    return std::string(row_view(inputs, row)) + ':' + std::to_string(labels[row]);
  };
  for (std::size_t row = 0; row < labels.size(); ++row) {
    Counts& count = counts[key(row)];
    ++count.rows;
    count.hidden += hidden[row];
  }
  Twins twins;
  for (const auto& [row, count] : counts) {
    if (count.rows > 1) twins.repeated += count.rows - 1;
    if (count.hidden < count.rows) twins.leaked += count.hidden;
  }
  return twins;
}

}  // namespace joulebench
