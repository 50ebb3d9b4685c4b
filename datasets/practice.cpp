#include "datasets/practice.h"

#include <algorithm>
#include <cstring>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/npy.h"
#include "datasets/split.h"

namespace joulebench {
namespace {

constexpr std::uint64_t kSeed = 0;

Tensor labels_of(const Dataset& dataset) {
  Tensor tensor{.dtype = DType::i32, .shape = {dataset.public_labels.size()}};
  tensor.bytes.resize(dataset.public_labels.size() * sizeof(std::int32_t));
  std::memcpy(tensor.bytes.data(), dataset.public_labels.data(), tensor.bytes.size());
  return tensor;
}

}  // namespace

PracticeParts write_practice_dataset(const Dataset& dataset, const Manifest& manifest, double share,
                                     const std::filesystem::path& folder) {
  const std::vector<bool> asked =
      draw_hidden_rows(dataset.public_inputs, dataset.public_labels, share, kSeed);
  PracticeParts parts;
  parts.asked_for = static_cast<std::size_t>(std::count(asked.begin(), asked.end(), true));
  parts.learned_from = asked.size() - parts.asked_for;
  if (parts.asked_for == 0 || parts.learned_from == 0) {
    throw Error({.what = "the public part of dataset '" + dataset.id + "' cannot be divided",
                 .where = std::to_string(asked.size()) + " samples leave one part empty",
                 .hint = "choose another share, or a dataset with a larger public part"});
  }
  Manifest written = manifest;
  written.files.clear();
  const auto add = [&](const std::string& name, const std::string& content) {
    write_file_atomically(folder / name, content);
    written.files.push_back(
        {.name = name, .bytes = content.size(), .sha256 = sha256_of_text(content)});
  };
  add("inputs.npy", to_npy(dataset.public_inputs));
  add("labels.npy", to_npy(labels_of(dataset)));
  add("practice_rows.txt", write_hidden_rows(asked));
  written.public_samples.clear();
  written.hidden_samples.clear();
  written.samples = {{.format = SampleSource::Format::npy,
                      .inputs_file = "inputs.npy",
                      .labels_file = "labels.npy"}};
  written.split = SplitRule{.rows_file = "practice_rows.txt"};
  // The same share of what is left to learn from.
  written.validation_rows =
      manifest.validation_rows == 0
          ? 0
          : std::max<std::size_t>(1, manifest.validation_rows * parts.learned_from / asked.size());
  written.practice_for = dataset.sha256;
  write_file_atomically(folder / "dataset.json", to_json_text(written));
  return parts;
}

}  // namespace joulebench
