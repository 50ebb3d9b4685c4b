#include "datasets/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_fields.h"
#include "core/json_file.h"
#include "core/nearest_name.h"
#include "embedded/datasets_text.h"

namespace joulebench {
namespace {

using nlohmann::json;

constexpr const char* kManifestFormat = "joulebench-dataset/1";

using Format = SampleSource::Format;

template <class Value>
using Names = std::span<const std::pair<Value, const char*>>;

constexpr std::array<std::pair<DType, const char*>, 7> kDTypes = {{{DType::u8, "u8"},
                                                                   {DType::i8, "i8"},
                                                                   {DType::i16, "i16"},
                                                                   {DType::i32, "i32"},
                                                                   {DType::i64, "i64"},
                                                                   {DType::f32, "f32"},
                                                                   {DType::f64, "f64"}}};
constexpr std::array<std::pair<SaltKind, const char*>, 3> kSalts = {
    {{SaltKind::none, "none"}, {SaltKind::lowest_bit, "lowest-bit"}, {SaltKind::ulp, "ulp"}}};
constexpr std::array<std::pair<Format, const char*>, 4> kFormats = {
    {{Format::csv, "csv"}, {Format::idx, "idx"}, {Format::cifar, "cifar"}, {Format::npy, "npy"}}};

template <class Value>
const char* name_in(Names<Value> names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  throw std::logic_error("bug: a value without a name");
}

template <class Value>
std::optional<Value> value_in(Names<Value> names, std::string_view name) {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

static const char* to_string(DType dtype) {
  return name_in<DType>(kDTypes, dtype);
}
static const char* to_string(SaltKind salt) {
  return name_in<SaltKind>(kSalts, salt);
}
static const char* to_string(Format format) {
  return name_in<Format>(kFormats, format);
}
static std::optional<DType> from_name(std::string_view name, DType) {
  return value_in<DType>(kDTypes, name);
}
static std::optional<SaltKind> from_name(std::string_view name, SaltKind) {
  return value_in<SaltKind>(kSalts, name);
}
static std::optional<Format> from_name(std::string_view name, Format) {
  return value_in<Format>(kFormats, name);
}

// The tables of fields of dataset.json.

void fields(auto& io, Of<DataFile> auto& file) {
  io.field("name", file.name);
  io.field("bytes", file.bytes);
  io.field("sha256", file.sha256);
  io.field("content_bytes", file.content_bytes);
  io.sparse("content_sha256", file.content_sha256);
  io.sparse("urls", file.urls);
}

void fields(auto& io, Of<CsvCategories> auto& categories) {
  io.field("column", categories.column);
  io.sparse("name", categories.name);
  io.field("values", categories.values);
}

void fields(auto& io, Of<CsvFormat> auto& csv) {
  io.field("rows", csv.rows);
  io.field("columns", csv.columns);
  io.field("label_column", csv.label_column);
  io.sparse("label_values", csv.label_values);
  std::string delimiter(1, csv.delimiter);
  io.defaulted("delimiter", delimiter);
  if constexpr (std::remove_reference_t<decltype(io)>::kReads) csv.delimiter = delimiter.at(0);
  io.defaulted("header", csv.header);
  io.sparse("categorical", csv.categorical);
}

void fields(auto& io, Of<SampleSource> auto& source) {
  io.field("format", source.format);
  const bool is_pair = source.format == Format::idx || source.format == Format::npy;
  io.field(is_pair ? "inputs" : "file", source.inputs_file);
  if (is_pair) io.field("labels", source.labels_file);
  if (source.format == Format::csv) fields(io, source.csv);
  if (source.format == Format::cifar) {
    io.sparse("member", source.member);
    io.defaulted("label_bytes", source.label_bytes);
  }
  io.refuse_others(std::string("a source of format ") + to_string(source.format));
}

void fields(auto& io, Of<SplitRule> auto& split) {
  io.sparse("rows_file", split.rows_file);
  io.sparse("hidden_fraction", split.hidden_fraction);
  io.sparse("seed", split.seed);
}

void fields(auto& io, Of<Manifest> auto& manifest) {
  io.field("id", manifest.id);
  io.field("title", manifest.title);
  io.sparse("description", manifest.description);
  io.field("licence", manifest.licence);
  io.field("citation", manifest.citation);
  io.sparse("home_page", manifest.home_page);
  io.field("class_names", manifest.class_names);
  io.sparse("class_values", manifest.class_values);
  io.field("files", manifest.files);
  io.group("inputs", [&](auto& inputs) {
    inputs.field("dtype", manifest.dtype);
    inputs.field("shape", manifest.sample_shape);
  });
  io.sparse("public", manifest.public_samples);
  io.sparse("hidden", manifest.hidden_samples);
  io.sparse("samples", manifest.samples);
  io.field("split", manifest.split);
  if (std::remove_reference_t<decltype(io)>::kReads || manifest.validation_rows != 0) {
    io.group("validation", [&](auto& validation) {
      validation.field("rows", manifest.validation_rows);
      validation.sparse("seed", manifest.validation_seed);
    });
  }
  io.defaulted("salt", manifest.salt);
  io.sparse("practice_for", manifest.practice_for);
}

namespace {

/// What neither the schema nor the types can say: fields that must fit one another.
class ManifestCheck {
 public:
  explicit ManifestCheck(Manifest& manifest) : manifest_(manifest) {}

  void run() {
    if (!manifest_.class_values.empty() &&
        manifest_.class_values.size() != manifest_.class_names.size()) {
      throw error("class_values",
                  fmt::format("{} numbers for {} classes", manifest_.class_values.size(),
                              manifest_.class_names.size()));
    }
    if (const std::string folder = manifest_.path.parent_path().filename().string();
        folder != manifest_.id) {
      throw error("id", fmt::format("'{}' in a folder named '{}'", manifest_.id, folder));
    }
    check_files();
    const bool is_float = manifest_.dtype == DType::f32 || manifest_.dtype == DType::f64;
    if (manifest_.salt != SaltKind::none && is_float != (manifest_.salt == SaltKind::ulp)) {
      throw error("salt", fmt::format("'{}' does not go with elements of type {}",
                                      to_string(manifest_.salt), to_string(manifest_.dtype)));
    }
    check_parts();
  }

 private:
  Error error(const std::string& field, const std::string& found,
              const std::string& hint = {}) const {
    return Error({.what = "a dataset's manifest does not fit together",
                  .where = fmt::format("{}: field '{}': {}", manifest_.path.string(), field, found),
                  .hint = hint});
  }

  void check_files() const {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < manifest_.files.size(); ++i) {
      const DataFile& file = manifest_.files[i];
      const std::string field = fmt::format("files[{}]", i);
      if (!seen.insert(file.name).second) throw error(field, file.name + " stands twice");
      if (file.is_gzip() && !file.content_bytes) {
        throw error(field, file.name + " has no content_bytes",
                    "state its size once decompressed: zcat FILE | wc -c");
      }
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

  void check_parts() {
    const bool has_samples = !manifest_.samples.empty();
    const bool has_public = !manifest_.public_samples.empty();
    const bool has_hidden = !manifest_.hidden_samples.empty();
    if (has_samples != manifest_.split.has_value() || has_public != has_hidden ||
        has_samples == has_public) {
      throw error("samples", "a manifest has either samples and split, or public and hidden");
    }
    check_sources("public", manifest_.public_samples);
    check_sources("hidden", manifest_.hidden_samples);
    check_sources("samples", manifest_.samples);
    if (!manifest_.split) return;
    const SplitRule& split = *manifest_.split;
    if (split.rows_file.empty() == (split.hidden_fraction == 0)) {
      throw error("split", "either rows_file, or hidden_fraction and seed, was expected");
    }
    if (!split.rows_file.empty()) check_file("split.rows_file", split.rows_file);
  }

  void check_sources(const char* key, std::vector<SampleSource>& sources) const {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const std::string field = fmt::format("{}[{}]", key, i);
      SampleSource& source = sources[i];
      const bool is_pair = !source.labels_file.empty();
      check_file(field + (is_pair ? ".inputs" : ".file"), source.inputs_file);
      if (is_pair) check_file(field + ".labels", source.labels_file);
      if (source.format == Format::csv) check_csv(source.csv, field);
    }
  }

  // Classes stand as 0, 1, ... in the file where the manifest does not say how.
  void check_csv(CsvFormat& csv, const std::string& field) const {
    csv.dtype = manifest_.dtype;
    if (csv.label_column >= csv.columns) {
      throw error(field + ".label_column",
                  fmt::format("{}, where columns are 0 to {}", csv.label_column, csv.columns - 1));
    }
    const std::size_t classes = manifest_.class_names.size();
    if (csv.label_values.empty()) {
      for (std::size_t c = 0; c < classes; ++c) csv.label_values.push_back(fmt::format("{}", c));
    }
    if (csv.label_values.size() != classes) {
      throw error(field + ".label_values",
                  fmt::format("{} values for {} classes", csv.label_values.size(), classes));
    }
    check_distinct(field + ".label_values", csv.label_values);
    std::set<std::size_t> seen;
    for (const CsvCategories& categories : csv.categorical) {
      const std::string where = fmt::format("{}.categorical: column {}", field, categories.column);
      if (categories.column >= csv.columns || categories.column == csv.label_column) {
        throw error(where, "not a column that can be categorical");
      }
      if (!seen.insert(categories.column).second) throw error(where, "stands twice");
      check_distinct(where, categories.values);
    }
    std::size_t wanted = 1;
    for (const std::size_t size : manifest_.sample_shape) wanted *= size;
    if (csv.elements_per_row() != wanted) {
      throw error("inputs.shape", fmt::format("{} elements, where {} gives {} a row", wanted, field,
                                              csv.elements_per_row()));
    }
  }

  void check_distinct(const std::string& field, const std::vector<std::string>& values) const {
    std::set<std::string> seen;
    for (const std::string& value : values) {
      if (!seen.insert(value).second) throw error(field, "'" + value + "' stands twice");
    }
  }

  Manifest& manifest_;
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
  try {
    const JsonPlace whole;
    JsonReader reader(document, whole);
    fields(reader, manifest);
  } catch (const JsonFieldError& error) {
    throw Error({.what = "a dataset's manifest does not fit together",
                 .where = path.string() + ": " + error.what(),
                 .hint = {}});
  }
  ManifestCheck(manifest).run();
  return manifest;
}

std::string to_json_text(const Manifest& manifest) {
  nlohmann::ordered_json document = {
      {"format", kManifestFormat}};  // for people: in the table's order
  BasicJsonWriter writer(document);
  fields(writer, manifest);
  return document.dump(2) + "\n";
}

}  // namespace joulebench
