#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/metric.h"
#include "datasets/inputs.h"

namespace joulebench {

/// A dataset with the labels of its hidden part: for scoring alone. What measures is given
/// `dataset`; the layering test keeps this header out of harness/.
struct LabelledDataset {
  Dataset dataset;
  std::vector<std::int32_t> hidden_labels;  // class indices, in the order of hidden_inputs
};

/// What to read: one part alone leaves the other empty, and its files unread where it has files of
/// its own.
enum class DatasetPart { all, hidden, open };

/// Opens a dataset and verifies it: every file's digest is checked first.
/// Errors: Error naming the file and what is wrong: no such dataset (nearest name, places looked
/// at), a digest that differs, a row that cannot be read.
LabelledDataset open_dataset(const std::string& name, const DatasetLocations& locations,
                             DatasetPart part = DatasetPart::all);

/// The labels as the numbers they stand for; empty where they stand for none.
std::vector<double> label_numbers(const Dataset& dataset, std::span<const std::int32_t> labels);

/// Errors: Error when nothing of this dataset could be scored by the metric: it needs numbers and
/// there are classes, or its top K are all there are.
void require_scorable(const Dataset& dataset, const Metric& metric);

}  // namespace joulebench
