#include "datasets/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/error.h"
#include "core/nearest_name.h"
#include "datasets/manifest.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

Manifest find_manifest(const std::string& name, const DatasetLocations& locations) {
  std::string looked_at;
  std::vector<std::string> known;
  for (const fs::path& folder : locations.folders) {
    const fs::path path = folder / name / "dataset.json";
    std::error_code missing;
    if (fs::is_regular_file(path, missing)) return read_manifest(path);
    looked_at += (looked_at.empty() ? "looked in " : ", ") + folder.string();
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
      if (fs::is_regular_file(entry.path() / "dataset.json", missing)) {
        known.push_back(entry.path().filename().string());
      }
    }
  }
  const std::string near = nearest_name(name, known);
  throw Error({.what = "there is no dataset '" + name + "'",
               .where = looked_at.empty() ? "no folder to look in was given" : looked_at,
               .hint = near.empty() ? "" : "did you mean '" + near + "'?"});
}

fs::path find_file(const Manifest& manifest, const std::string& name,
                   const DatasetLocations& locations) {
  std::vector<fs::path> places = {manifest.path.parent_path()};
  for (const fs::path& folder : locations.folders) places.push_back(folder / manifest.id);
  std::string looked_at;
  for (const fs::path& place : places) {
    std::error_code missing;
    if (fs::exists(place / name, missing)) return place / name;
    if (&place != &places.front() && place == places.front()) continue;
    looked_at += (looked_at.empty() ? "looked in " : ", ") + place.string();
  }
  throw Error({.what = fmt::format("dataset '{}' lacks its file {}", manifest.id, name),
               .where = looked_at,
               .hint = "joulebench dataset fetch " + manifest.id});
}

// The content of one file, size and digest checked before a byte of it is used.
template <class Sink>
void read_content(const Manifest& manifest, const std::string& name,
                  const DatasetLocations& locations, const Sink& sink) {
  const DataFile& file = manifest.file(name);
  const fs::path path = find_file(manifest, name, locations);
  const MappedFile mapped(path);
  verify_bytes(mapped.bytes(), file.bytes, file.sha256, path.string());
  if (file.is_gzip()) {
    decompress_gzip(mapped.bytes(), *file.content_bytes, path.string(), sink);
  } else {
    sink(mapped.bytes());
  }
}

// A file of ascending row numbers, one a line, to one flag a row.
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
      throw Error({.what = "cannot read a dataset's split",
                   .where = fmt::format("{}: line {}: a row number from {} to {} was expected",
                                        name, line_number, next, rows - 1),
                   .hint = {}});
    }
    hidden[row] = true;
    next = row + 1;
  }
  return hidden;
}

void split_rows(const Tensor& inputs, const std::vector<std::int32_t>& labels,
                const std::vector<bool>& hidden, Dataset& dataset) {
  const auto hidden_count =
      static_cast<std::size_t>(std::count(hidden.begin(), hidden.end(), true));
  for (Tensor* part : {&dataset.public_inputs, &dataset.hidden_inputs}) {
    part->dtype = inputs.dtype;
    part->shape = inputs.shape;
    part->shape[0] = part == &dataset.hidden_inputs ? hidden_count : inputs.rows() - hidden_count;
    part->bytes.reserve(part->shape[0] * inputs.row_bytes());
  }
  for (std::size_t row = 0; row < inputs.rows(); ++row) {
    Tensor& part = hidden[row] ? dataset.hidden_inputs : dataset.public_inputs;
    const auto bytes = inputs.row(row);
    part.bytes.insert(part.bytes.end(), bytes.begin(), bytes.end());
    (hidden[row] ? dataset.hidden_labels : dataset.public_labels).push_back(labels[row]);
  }
}

}  // namespace

Dataset open_dataset(const std::string& name, const DatasetLocations& locations) {
  const Manifest manifest = find_manifest(name, locations);
  Dataset dataset;
  dataset.id = manifest.id;
  dataset.title = manifest.title;
  dataset.licence = manifest.licence;
  dataset.citation = manifest.citation;
  dataset.home_page = manifest.home_page;
  dataset.class_names = manifest.class_names;
  dataset.sha256 = manifest.sha256;
  dataset.salt = manifest.salt;

  Tensor inputs;
  std::vector<std::int32_t> labels;
  for (const SampleSource& source : manifest.samples) {
    CsvReader reader(source.file, source.csv);
    read_content(manifest, source.file, locations,
                 [&reader](std::string_view text) { reader.feed(text); });
    reader.finish();
    if (labels.empty()) {
      inputs = std::move(reader.inputs);
      labels = std::move(reader.labels);
    } else {
      inputs.shape[0] += reader.inputs.rows();
      inputs.bytes.insert(inputs.bytes.end(), reader.inputs.bytes.begin(),
                          reader.inputs.bytes.end());
      labels.insert(labels.end(), reader.labels.begin(), reader.labels.end());
    }
  }
  inputs.shape.resize(1);
  inputs.shape.insert(inputs.shape.end(), manifest.sample_shape.begin(),
                      manifest.sample_shape.end());
  std::string rows_text;
  read_content(manifest, manifest.hidden_rows_file, locations,
               [&rows_text](std::string_view text) { rows_text.append(text); });
  split_rows(inputs, labels, read_hidden_rows(rows_text, inputs.rows(), manifest.hidden_rows_file),
             dataset);
  return dataset;
}

}  // namespace joulebench
