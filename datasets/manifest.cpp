#include "datasets/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/nearest_name.h"
#include "embedded/datasets_text.h"

namespace joulebench {
namespace {

using nlohmann::json;

// What the schema cannot say: fields that must fit one another.
class ManifestReader {
 public:
  ManifestReader(Manifest& manifest, const json& document)
      : manifest_(manifest), document_(document) {}

  void read() {
    manifest_.id = document_["id"];
    manifest_.title = document_["title"];
    manifest_.description = document_.value("description", "");
    manifest_.licence = document_["licence"];
    manifest_.citation = document_["citation"];
    manifest_.home_page = document_.value("home_page", "");
    document_["class_names"].get_to(manifest_.class_names);
    if (document_.contains("class_values")) {
      document_["class_values"].get_to(manifest_.class_values);
      if (manifest_.class_values.size() != manifest_.class_names.size()) {
        throw error("class_values",
                    fmt::format("{} numbers for {} classes", manifest_.class_values.size(),
                                manifest_.class_names.size()));
      }
    }
    if (const std::string folder = manifest_.path.parent_path().filename().string();
        folder != manifest_.id) {
      throw error("id", fmt::format("'{}' in a folder named '{}'", manifest_.id, folder));
    }
    read_files();
    manifest_.dtype = dtype_from(document_["inputs"]["dtype"]);
    document_["inputs"]["shape"].get_to(manifest_.sample_shape);
    const std::string salt = document_.value("salt", "none");
    manifest_.salt = salt == "ulp"          ? SaltKind::ulp
                     : salt == "lowest-bit" ? SaltKind::lowest_bit
                                            : SaltKind::none;
    const bool is_float = manifest_.dtype == DType::f32 || manifest_.dtype == DType::f64;
    if (manifest_.salt != SaltKind::none && is_float != (manifest_.salt == SaltKind::ulp)) {
      throw error("salt", fmt::format("'{}' does not go with elements of type {}", salt,
                                      document_["inputs"]["dtype"].get<std::string>()));
    }
    read_parts();
  }

 private:
  Error error(const std::string& field, const std::string& found,
              const std::string& hint = {}) const {
    return Error({.what = "a dataset's manifest does not fit together",
                  .where = fmt::format("{}: field '{}': {}", manifest_.path.string(), field, found),
                  .hint = hint});
  }

  static DType dtype_from(const std::string& name) {
    constexpr std::array kNames = {"u8", "i8", "i16", "i32", "i64", "f32", "f64"};
    constexpr std::array kTypes = {DType::u8,  DType::i8,  DType::i16, DType::i32,
                                   DType::i64, DType::f32, DType::f64};
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) throw std::logic_error("bug: an element type beyond the schema");
    return kTypes[static_cast<std::size_t>(found - kNames.begin())];
  }

  void read_files() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < document_["files"].size(); ++i) {
      const json& one = document_["files"][i];
      DataFile file;
      file.name = one["name"];
      file.bytes = one["bytes"];
      file.sha256 = one["sha256"];
      if (one.contains("content_bytes")) file.content_bytes = one["content_bytes"];
      file.content_sha256 = one.value("content_sha256", "");
      if (one.contains("urls")) one["urls"].get_to(file.urls);
      const std::string field = fmt::format("files[{}]", i);
      if (!seen.insert(file.name).second) throw error(field, file.name + " stands twice");
      if (file.is_gzip() && !file.content_bytes) {
        throw error(field, file.name + " has no content_bytes",
                    "state its size once decompressed: zcat FILE | wc -c");
      }
      manifest_.files.push_back(std::move(file));
    }
  }

  void check_file(const std::string& field, const std::string& name) const {
    std::vector<std::string> known;
    for (const DataFile& one : manifest_.files) known.push_back(one.name);
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = nearest_name(name, known);
    throw error(field, fmt::format("'{}' is not one of files", name),
                near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }

  void read_parts() {
    const bool whole = document_.contains("samples") && document_.contains("split");
    const bool parts = document_.contains("public") && document_.contains("hidden");
    const auto count = document_.count("samples") + document_.count("split") +
                       document_.count("public") + document_.count("hidden");
    if (count != 2 || whole == parts) {
      throw error("samples", "a manifest has either samples and split, or public and hidden");
    }
    read_sources("public", manifest_.public_samples);
    read_sources("hidden", manifest_.hidden_samples);
    read_sources("samples", manifest_.samples);
    if (whole) {
      const json& split = document_["split"];
      manifest_.split.rows_file = split.value("rows_file", "");
      manifest_.split.seed = split.value("seed", std::uint64_t{0});
      manifest_.split.hidden_fraction = split.value("hidden_fraction", 0.0);
      if (split.contains("rows_file") == split.contains("hidden_fraction")) {
        throw error("split", "either rows_file, or hidden_fraction and seed, was expected");
      }
      if (split.contains("rows_file")) check_file("split.rows_file", manifest_.split.rows_file);
    }
    if (document_.contains("validation")) {
      manifest_.validation_rows = document_["validation"]["rows"];
      manifest_.validation_seed = document_["validation"].value("seed", std::uint64_t{0});
    }
  }

  void read_sources(const char* key, std::vector<SampleSource>& sources) const {
    if (!document_.contains(key)) return;
    for (std::size_t i = 0; i < document_[key].size(); ++i) {
      sources.push_back(read_source(document_[key][i], fmt::format("{}[{}]", key, i)));
    }
  }

  SampleSource read_source(const json& one, const std::string& field) const {
    using Format = SampleSource::Format;
    const std::string name = one["format"];
    SampleSource source;
    source.format = name == "idx"     ? Format::idx
                    : name == "cifar" ? Format::cifar
                    : name == "npy"   ? Format::npy
                                      : Format::csv;
    const bool is_csv = source.format == Format::csv;
    const bool is_pair = source.format == Format::idx || source.format == Format::npy;
    std::set<std::string> needed = {"format"}, allowed;
    if (is_pair) needed.insert({"inputs", "labels"});
    if (!is_pair) needed.insert("file");
    if (is_csv) needed.insert({"rows", "columns", "label_column"});
    if (is_csv) allowed = {"label_values", "delimiter", "header", "categorical"};
    if (source.format == Format::cifar) allowed = {"member", "label_bytes"};
    for (const std::string& key : needed) {
      if (!one.contains(key)) {
        throw error(field, fmt::format("a source of format {} without '{}'", name, key));
      }
    }
    for (const auto& [key, value] : one.items()) {
      if (!needed.contains(key) && !allowed.contains(key)) {
        throw error(field + "." + key, fmt::format("a source of format {} has no such key", name));
      }
    }
    source.inputs_file = one[is_pair ? "inputs" : "file"];
    check_file(field + (is_pair ? ".inputs" : ".file"), source.inputs_file);
    if (is_pair) {
      source.labels_file = one["labels"];
      check_file(field + ".labels", source.labels_file);
    }
    source.member = one.value("member", "");
    source.label_bytes = one.value("label_bytes", std::size_t{1});
    if (is_csv) source.csv = csv_format(one, field);
    return source;
  }

  CsvFormat csv_format(const json& one, const std::string& field) const {
    CsvFormat csv;
    csv.dtype = manifest_.dtype;
    csv.delimiter = one.value("delimiter", ",")[0];
    csv.header = one.value("header", false);
    csv.rows = one["rows"];
    csv.columns = one["columns"];
    csv.label_column = one["label_column"];
    if (csv.label_column >= csv.columns) {
      throw error(field + ".label_column",
                  fmt::format("{}, where columns are 0 to {}", csv.label_column, csv.columns - 1));
    }
    const std::size_t classes = manifest_.class_names.size();
    for (std::size_t c = 0; c < classes; ++c) csv.label_values.push_back(std::to_string(c));
    if (one.contains("label_values")) one["label_values"].get_to(csv.label_values);
    if (csv.label_values.size() != classes) {
      throw error(field + ".label_values",
                  fmt::format("{} values for {} classes", csv.label_values.size(), classes));
    }
    check_distinct(field + ".label_values", csv.label_values);
    std::set<std::size_t> seen;
    for (const json& column : one.value("categorical", json::array())) {
      CsvCategories categories;
      categories.column = column["column"];
      categories.name = column.value("name", "");
      column["values"].get_to(categories.values);
      const std::string where = fmt::format("{}.categorical: column {}", field, categories.column);
      if (categories.column >= csv.columns || categories.column == csv.label_column) {
        throw error(where, "not a column that can be categorical");
      }
      if (!seen.insert(categories.column).second) throw error(where, "stands twice");
      check_distinct(where, categories.values);
      csv.categorical.push_back(std::move(categories));
    }
    std::size_t wanted = 1;
    for (const std::size_t size : manifest_.sample_shape) wanted *= size;
    if (csv.elements_per_row() != wanted) {
      throw error("inputs.shape", fmt::format("{} elements, where {} gives {} a row", wanted, field,
                                              csv.elements_per_row()));
    }
    return csv;
  }

  void check_distinct(const std::string& field, const std::vector<std::string>& values) const {
    std::set<std::string> seen;
    for (const std::string& value : values) {
      if (!seen.insert(value).second) throw error(field, "'" + value + "' stands twice");
    }
  }

  Manifest& manifest_;
  const json& document_;
};

}  // namespace

std::string_view dataset_schema() {
  return datasets_text::kDatasetSchemaJson;
}

const DataFile& Manifest::file(const std::string& name) const {
  for (const DataFile& one : files) {
    if (one.name == name) return one;
  }
  throw std::logic_error("bug: a manifest's source names a file that the manifest lacks");
}

Manifest read_manifest(const std::filesystem::path& path) {
  constexpr std::size_t kLargest = 4'000'000;  // 100,000 classes have names
  const std::string text = read_text_file(path, kLargest);
  const json document = parse_json(text, path.string(), dataset_schema());
  Manifest manifest;
  manifest.path = path;
  manifest.sha256 = sha256_of_text(text);
  ManifestReader(manifest, document).read();
  return manifest;
}

}  // namespace joulebench
