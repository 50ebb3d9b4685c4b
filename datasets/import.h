#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/split.h"

namespace joulebench {

/// An organizer's own files. Either `csv`, or `inputs` and `labels` (.npy or idx, also as .gz).
struct ImportOptions {
  std::string name;  // of the dataset: [a-z0-9][a-z0-9._-]*
  std::string title;
  std::string licence = "not stated";
  std::string citation = "not stated";
  std::filesystem::path csv;
  std::string label;  // column by name (with a header) or 0-based number; empty: the last
  std::optional<char> delimiter;  // absent: the one of , ; tab that the first line has most of
  /// Whether the first line names the columns. Absent: it does not, and one that looks as if it did
  /// is refused.
  std::optional<bool> header = {};
  bool label_is_number = false;  // each label is a number to be predicted (class_values)
  std::filesystem::path inputs;
  std::filesystem::path labels;
  std::filesystem::path rows_file;  // the organizer's own hidden rows; empty: drawn
  double hidden_fraction = 0.2;
  std::uint64_t seed = 0;
  std::filesystem::path store;  // the dataset becomes store/NAME/
};

struct ImportReport {
  std::filesystem::path manifest;
  std::size_t public_rows = 0;
  std::size_t hidden_rows = 0;
  std::vector<std::string> class_names;
  std::vector<std::string> categorical_columns;
  Twins twins;
  std::size_t leaked_by_plain_split = 0;  // by one drawn without regard to equal rows
};

/// Whether the first line of the CSV file names its columns: texts above numbers, or `label` among
/// them. Errors: Error when the file cannot be read.
bool first_line_names_columns(const ImportOptions& options);

/// Copies the files into the store and writes their manifest, complete or not at all. Columns of a
/// CSV file that hold numbers alone stay numbers (u8 when all are whole and below 256, else f32);
/// the others become categories, their values sorted and recorded. Errors: Error naming file and
/// row; a dataset of that name that is already there.
ImportReport import_dataset(const ImportOptions& options);

}  // namespace joulebench
