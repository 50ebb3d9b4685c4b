#include "datasets/labels.h"
#include "datasets/order.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/error.h"
#include "core/npy.h"
#include "datasets/cifar.h"
#include "datasets/idx.h"
#include "datasets/labelled_samples.h"
#include "datasets/locate.h"
#include "datasets/manifest.h"
#include "datasets/split.h"
#include "datasets/tar.h"

namespace joulebench {
namespace {

// Reads a manifest's sources one after the other.
class SourceReader {
 public:
  SourceReader(const Manifest& manifest, const DatasetLocations& locations)
      : manifest_(manifest), locations_(locations) {}

  Content content(const std::string& name) const {
    return open_content(require_file(manifest_, name, locations_), manifest_.file(name));
  }

  LabelledSamples read(const std::vector<SampleSource>& sources) {
    LabelledSamples all;
    for (const SampleSource& source : sources) {
      LabelledSamples one = read_source(source);
      check(source, one);
      if (all.inputs.shape.empty()) {
        all = std::move(one);
        continue;
      }
      all.inputs.shape[0] += one.inputs.rows();
      all.inputs.bytes.insert(all.inputs.bytes.end(), one.inputs.bytes.begin(),
                              one.inputs.bytes.end());
      all.labels.insert(all.labels.end(), one.labels.begin(), one.labels.end());
    }
    return all;
  }

 private:
  LabelledSamples read_source(const SampleSource& source) {
    // All members of an archive come out of one decompression.
    if (!source.member.empty() && archive_name_ != source.inputs_file) {
      archive_.emplace(content(source.inputs_file));
      archive_name_ = source.inputs_file;
    }
    const std::optional<Content> opened =
        source.member.empty() ? std::optional(content(source.inputs_file)) : std::nullopt;
    const Content& inputs = source.member.empty() ? *opened : *archive_;
    switch (source.format) {
      case SampleSource::Format::csv: {
        CsvReader reader(source.inputs_file, source.csv);
        reader.feed(inputs.bytes());
        reader.finish();
        reader.inputs.shape = {reader.inputs.rows()};
        reader.inputs.shape.insert(reader.inputs.shape.end(), manifest_.sample_shape.begin(),
                                   manifest_.sample_shape.end());
        return {std::move(reader.inputs), std::move(reader.labels)};
      }
      case SampleSource::Format::cifar: {
        const std::size_t classes = manifest_.class_names.size();
        if (source.member.empty()) {
          return parse_cifar(inputs.bytes(), source.label_bytes, classes, source.inputs_file);
        }
        return parse_cifar(tar_member(inputs.bytes(), source.member, source.inputs_file),
                           source.label_bytes, classes, source.inputs_file + ": " + source.member);
      }
      case SampleSource::Format::idx:
        return {parse_idx(inputs.bytes(), source.inputs_file),
                class_indices(parse_idx(content(source.labels_file).bytes(), source.labels_file),
                              source.labels_file)};
      case SampleSource::Format::npy:
        return {parse_npy(inputs.bytes(), source.inputs_file),
                class_indices(parse_npy(content(source.labels_file).bytes(), source.labels_file),
                              source.labels_file)};
    }
    throw std::logic_error("bug: unknown source format");
  }

  static Error error(const std::string& file, const std::string& found) {
    return Error({.what = "a dataset's file is not what its manifest says",
                  .where = file + ": " + found,
                  .hint = {}});
  }

  std::vector<std::int32_t> class_indices(const Tensor& labels, const std::string& file) const {
    const double classes = static_cast<double>(manifest_.class_names.size());
    if (labels.shape.size() != 1) {
      throw error(file, fmt::format("{} dimensions, where labels have 1", labels.shape.size()));
    }
    std::vector<std::int32_t> indices(labels.elements());
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const double value = element_as_double(labels, i);
      if (!(value >= 0 && value < classes && value == std::trunc(value))) {
        throw error(file, fmt::format("row {}: {}, where a class from 0 to {} was expected", i,
                                      value, classes - 1));
      }
      indices[i] = static_cast<std::int32_t>(value);
    }
    return indices;
  }

  void check(const SampleSource& source, const LabelledSamples& samples) const {
    std::vector<std::size_t> shape = manifest_.sample_shape;
    shape.insert(shape.begin(), samples.inputs.rows());
    if (samples.inputs.shape != shape || samples.inputs.dtype != manifest_.dtype) {
      throw error(
          source.inputs_file,
          fmt::format("{} of shape ({}), where {} of shape ({}) was expected",
                      numpy_name(samples.inputs.dtype), fmt::join(samples.inputs.shape, ", "),
                      numpy_name(manifest_.dtype), fmt::join(shape, ", ")));
    }
    if (samples.labels.size() != samples.inputs.rows()) {
      throw error(source.labels_file, fmt::format("{} labels for {} samples", samples.labels.size(),
                                                  samples.inputs.rows()));
    }
  }

  const Manifest& manifest_;
  const DatasetLocations& locations_;
  std::string archive_name_;
  std::optional<Content> archive_;
};

void split_rows(const LabelledSamples& samples, const std::vector<bool>& hidden,
                LabelledDataset& labelled) {
  Dataset& dataset = labelled.dataset;
  const auto& [inputs, labels] = samples;
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
    (hidden[row] ? labelled.hidden_labels : dataset.public_labels).push_back(labels[row]);
  }
}

std::vector<bool> hidden_rows_of(const LabelledSamples& samples, const Manifest& manifest,
                                 const SourceReader& reader) {
  const SplitRule& split = manifest.split.value();
  if (split.rows_file.empty()) {
    return draw_hidden_rows(samples.inputs, samples.labels, split.hidden_fraction, split.seed);
  }
  return read_hidden_rows(reader.content(split.rows_file).bytes(), samples.labels.size(),
                          split.rows_file);
}

std::vector<std::uint32_t> draw_validation(const Manifest& manifest, const Dataset& dataset) {
  const std::size_t rows = dataset.public_labels.size();
  if (manifest.validation_rows >= rows) {
    throw Error(
        {.what = "a dataset's manifest does not fit together",
         .where = fmt::format("{}: field 'validation.rows': {}, where the public part has {}",
                              manifest.path.string(), manifest.validation_rows, rows),
         .hint = {}});
  }
  auto drawn = draw_order(manifest.validation_seed, 0, rows);
  drawn.resize(manifest.validation_rows);
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

}  // namespace

std::vector<double> label_numbers(const Dataset& dataset, std::span<const std::int32_t> labels) {
  std::vector<double> numbers;
  if (dataset.class_values.empty()) return numbers;
  for (const std::int32_t label : labels) {
    numbers.push_back(dataset.class_values[static_cast<std::size_t>(label)]);
  }
  return numbers;
}

void require_scorable(const Dataset& dataset, const Metric& metric) {
  if (metric.predictions == PredictionKind::numbers && dataset.class_values.empty()) {
    throw Error({.what = "the dataset cannot be scored by this metric",
                 .where = fmt::format("{} needs labels that are numbers, those of {} are classes",
                                      metric.name, dataset.id),
                 .hint = "say in its dataset.json what number each class stands for "
                         "('class_values'), or choose a metric of classes"});
  }
  if (metric.top_k >= dataset.class_names.size()) {
    throw Error({.what = "the dataset cannot be scored by this metric",
                 .where = fmt::format("{} is always 100 % of {}, which has {} classes", metric.name,
                                      dataset.id, dataset.class_names.size()),
                 .hint = "choose a smaller K"});
  }
}

LabelledSamples read_samples(const Manifest& manifest, const DatasetLocations& locations) {
  return SourceReader(manifest, locations).read(manifest.samples);
}

std::vector<bool> hidden_rows(const Manifest& manifest, const DatasetLocations& locations) {
  return hidden_rows_of(read_samples(manifest, locations), manifest,
                        SourceReader(manifest, locations));
}

LabelledDataset open_dataset(const std::string& name, const DatasetLocations& locations,
                             DatasetPart part) {
  const Manifest manifest = find_manifest(name, locations);
  LabelledDataset labelled;
  Dataset& dataset = labelled.dataset;
  dataset.id = manifest.id;
  dataset.title = manifest.title;
  dataset.licence = manifest.licence;
  dataset.citation = manifest.citation;
  dataset.home_page = manifest.home_page;
  dataset.class_names = manifest.class_names;
  dataset.class_values = manifest.class_values;
  dataset.sha256 = manifest.sha256;
  dataset.practice_for = manifest.practice_for;
  for (const auto& folder : locations.folders) dataset.folders.push_back(folder / manifest.id);
  dataset.salt = manifest.salt;

  SourceReader reader(manifest, locations);
  if (manifest.samples.empty()) {
    if (part != DatasetPart::open) {
      LabelledSamples hidden_samples = reader.read(manifest.hidden_samples);
      dataset.hidden_inputs = std::move(hidden_samples.inputs);
      labelled.hidden_labels = std::move(hidden_samples.labels);
      if (part == DatasetPart::hidden) return labelled;
    }
    LabelledSamples public_samples = reader.read(manifest.public_samples);
    dataset.public_inputs = std::move(public_samples.inputs);
    dataset.public_labels = std::move(public_samples.labels);
  } else {
    const LabelledSamples samples = reader.read(manifest.samples);
    split_rows(samples, hidden_rows_of(samples, manifest, reader), labelled);
    if (part == DatasetPart::open) {
      dataset.hidden_inputs = {};
      labelled.hidden_labels = {};
    }
    if (part == DatasetPart::hidden) {
      dataset.public_inputs = {};
      dataset.public_labels = {};
      return labelled;
    }
  }
  if (manifest.validation_rows != 0) dataset.validation_rows = draw_validation(manifest, dataset);
  return labelled;
}

}  // namespace joulebench
