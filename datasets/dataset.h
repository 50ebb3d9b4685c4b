#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/metric.h"
#include "core/tensor.h"

namespace joulebench {

/// Where datasets are looked for, first match wins: each holds NAME/dataset.json.
struct DatasetLocations {
  std::vector<std::filesystem::path> folders;
};

enum class SaltKind { none, lowest_bit, ulp };

/// One dataset, opened and verified: every file's digest was checked just now.
struct Dataset {
  std::string id;
  std::string title;
  std::string licence;
  std::string citation;
  std::string home_page;
  std::vector<std::string> class_names;
  std::vector<double> class_values;            // the number each class stands for; empty: none
  std::string sha256;                          // over the manifest and the digests of its files
  std::vector<std::filesystem::path> folders;  // where its files may lie; not for a sandbox's eyes
  SaltKind salt = SaltKind::none;
  Tensor public_inputs;
  std::vector<std::int32_t> public_labels;
  Tensor hidden_inputs;
  std::vector<std::int32_t> hidden_labels;     // never handed to a sandbox
  std::vector<std::uint32_t> validation_rows;  // of the public part, ascending; may be empty
};

/// The labels as the numbers they stand for; empty where they stand for none.
std::vector<double> label_numbers(const Dataset& dataset, std::span<const std::int32_t> labels);

/// Errors: Error when nothing of this dataset could be scored by the metric: it needs numbers and
/// there are classes, or its top K are all there are.
void require_scorable(const Dataset& dataset, const Metric& metric);

/// What to read: the hidden part alone leaves the public one empty, and its files unread where it
/// has files of its own.
enum class DatasetPart { all, hidden };

/// Errors: Error naming the file and what is wrong: no such dataset (nearest name, places looked
/// at), a digest that differs, a row that cannot be read.
Dataset open_dataset(const std::string& name, const DatasetLocations& locations,
                     DatasetPart part = DatasetPart::all);

/// The permutation of `count` samples for pass `pass` of a block: order[i] is the dataset's row
/// that stands at place i. A pure function of its arguments, the same on every machine.
std::vector<std::uint32_t> draw_order(std::uint64_t seed, int pass, std::size_t count);

/// Rows of `inputs` in `order`; what a sandbox sees of a pass.
Tensor rows_in_order(const Tensor& inputs, std::span<const std::uint32_t> order);

/// Changes a few elements by too little to alter a label: the lowest bit of some bytes, one ulp of
/// some floats. A pure function of its arguments; stays inside the values that occur in the
/// dataset.
void salt_inputs(Tensor& inputs, SaltKind kind, std::uint64_t seed);

}  // namespace joulebench
