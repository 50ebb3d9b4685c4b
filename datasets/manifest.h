#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "datasets/csv.h"
#include "datasets/data_file.h"
#include "datasets/dataset.h"

namespace joulebench {

/// Where samples come from: files of one format.
struct SampleSource {
  std::string file;
  CsvFormat csv;
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
  std::vector<DataFile> files;
  DType dtype = DType::u8;
  std::vector<std::size_t> sample_shape;
  std::vector<SampleSource> samples;
  std::string hidden_rows_file;
  SaltKind salt = SaltKind::none;

  /// Errors: std::logic_error when there is none; read_manifest() has checked all names.
  const DataFile& file(const std::string& name) const;
};

/// Errors: Error naming the file, the line or the field, and the nearest known name.
Manifest read_manifest(const std::filesystem::path& path);

/// The published JSON Schema of dataset.json; what read_manifest() checks with.
std::string_view dataset_schema();

}  // namespace joulebench
