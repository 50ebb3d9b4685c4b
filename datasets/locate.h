#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/inputs.h"
#include "datasets/labelled_samples.h"
#include "datasets/manifest.h"

namespace joulebench {

/// The manifest of dataset `name`. Errors: Error with the places looked at and the nearest name.
Manifest find_manifest(const std::string& name, const DatasetLocations& locations);

/// Names of all datasets that have a manifest, sorted, each once.
std::vector<std::string> dataset_names(const DatasetLocations& locations);

/// Where a file of a dataset lies: beside the manifest, else in LOCATION/NAME/. The second throws
/// Error when it is nowhere.
std::optional<std::filesystem::path> find_file(const Manifest& manifest, const std::string& name,
                                               const DatasetLocations& locations);
std::filesystem::path require_file(const Manifest& manifest, const std::string& name,
                                   const DatasetLocations& locations);

/// All samples of a manifest that has them in one piece, before any split; defined beside
/// open_dataset().
LabelledSamples read_samples(const Manifest& manifest, const DatasetLocations& locations);

/// Which rows of those samples are hidden. Likewise.
std::vector<bool> hidden_rows(const Manifest& manifest, const DatasetLocations& locations);

}  // namespace joulebench
