#pragma once

#include <cstddef>
#include <filesystem>

#include "datasets/inputs.h"
#include "datasets/manifest.h"

namespace joulebench {

/// How many samples of a practice dataset programs learn from, and how many they are asked for.
struct PracticeParts {
  std::size_t learned_from = 0;
  std::size_t asked_for = 0;
};

/// Writes the public part of a dataset as one of the same name, which can be run without the hidden
/// part: dataset.json, inputs.npy, labels.npy and practice_rows.txt, the public samples that are
/// asked for, `share` of each class. The same arguments give the same bytes. `folder` is there and
/// empty. Errors: Error when a share leaves one part empty, or a file cannot be written.
PracticeParts write_practice_dataset(const Dataset& dataset, const Manifest& manifest, double share,
                                     const std::filesystem::path& folder);

}  // namespace joulebench
