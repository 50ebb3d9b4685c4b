#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// Where datasets are looked for, first match wins: each holds NAME/dataset.json.
struct DatasetLocations {
  std::vector<std::filesystem::path> folders;
};

/// What may change in passes after the first.
enum class SaltKind { none, lowest_bit, ulp };

/// One dataset as the harness may see it: all but the labels of the hidden part, which are in
/// datasets/labels.h and which no file of harness/ can name. The public part has its labels: builds
/// and trainings are given them.
struct Dataset {
  std::string id;
  std::string title;
  std::string licence;
  std::string citation;
  std::string home_page;
  std::vector<std::string> class_names;
  std::vector<double> class_values;  // the number each class stands for; empty: none
  std::string sha256;                // over the manifest and the digests of its files
  /// Of what participants practise on: the digest of the dataset that it is the public part of.
  /// Its "hidden" samples are public ones, kept from builds and trainings. Empty: it is no
  /// practice.
  std::string practice_for;
  std::vector<std::filesystem::path> folders;  // where its files may lie; hidden from sandboxes
  std::vector<std::filesystem::path> copies;   // files that give it away; hidden likewise
  std::string copy_patterns;  // digest of what copies were looked for by; empty: nobody looked
  SaltKind salt = SaltKind::none;
  Tensor public_inputs;
  std::vector<std::int32_t> public_labels;
  Tensor hidden_inputs;
  std::vector<std::uint32_t> validation_rows;  // of the public part, ascending; may be empty

  /// Folders and files that no sandbox may show.
  std::vector<std::filesystem::path> hidden_paths() const {
    std::vector<std::filesystem::path> paths = folders;
    paths.insert(paths.end(), copies.begin(), copies.end());
    return paths;
  }
};

}  // namespace joulebench
