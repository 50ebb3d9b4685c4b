#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "datasets/csv.h"
#include "datasets/data_file.h"
#include "datasets/inputs.h"

namespace joulebench {

/// Where samples come from: files of one format.
struct SampleSource {
  enum class Format { csv, idx, cifar, npy };
  Format format = Format::csv;
  std::string inputs_file;  // of csv and cifar, the one file there is
  std::string labels_file;  // of idx and npy
  CsvFormat csv;
  std::string member;  // cifar: inside a .tar.gz
  std::size_t label_bytes = 1;
};

/// How the hidden part is taken out of `samples`.
struct SplitRule {
  std::string rows_file;  // empty: drawn
  std::uint64_t seed = 0;
  double hidden_fraction = 0;
};

/// dataset.json as data (README.md has the table of keys). Reads no data.
struct Manifest {
  std::filesystem::path path;  // of the manifest
  std::string sha256;          // of the manifest, and by the digests in it of all data
  std::string id;
  std::string title;
  std::string description;
  std::string licence;
  std::string citation;
  std::string home_page;
  std::vector<std::string> class_names;
  std::vector<double> class_values;  // what each class stands for; empty: nothing
  std::vector<DataFile> files;
  DType dtype = DType::u8;
  std::vector<std::size_t> sample_shape;
  // Either samples and split, or both parts on their own.
  std::vector<SampleSource> samples;
  std::optional<SplitRule> split;
  std::vector<SampleSource> public_samples;
  std::vector<SampleSource> hidden_samples;
  std::size_t validation_rows = 0;  // of the public part
  std::uint64_t validation_seed = 0;
  SaltKind salt = SaltKind::none;
  std::string practice_for;  // the digest of the dataset whose public part this is; else empty

  /// Errors: std::logic_error when there is none; read_manifest() has checked all names.
  const DataFile& file(const std::string& name) const;
};

/// Errors: Error naming the file, the line or the field, and the nearest known name.
Manifest read_manifest(const std::filesystem::path& path);

/// The manifest as the text of a dataset.json, its keys in the order of the README's table.
std::string to_json_text(const Manifest& manifest);

/// The published JSON Schema of dataset.json; what read_manifest() checks with.
std::string_view dataset_schema();

}  // namespace joulebench
