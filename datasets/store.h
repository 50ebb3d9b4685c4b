#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/units.h"
#include "datasets/inputs.h"

namespace joulebench {

/// One file of a dataset as it is on this machine.
struct FileState {
  enum class State { good, missing, differs };
  std::string name;
  std::uint64_t bytes = 0;
  State state = State::missing;
  std::filesystem::path path;  // empty when missing
  std::string problem;         // of one that differs
};

struct DatasetState {
  std::string id;
  std::string title;
  std::string licence;
  std::uint64_t bytes = 0;  // of all files
  std::vector<FileState> files;
  bool is_complete() const;  // no file is missing or differs
};

/// All datasets with a manifest. Files are looked for, and not read: none differs.
std::vector<DatasetState> list_datasets(const DatasetLocations& locations);

/// One dataset with the digest of each file checked, and that of what is kept decompressed.
DatasetState verify_dataset(const std::string& name, const DatasetLocations& locations);

struct FetchOptions {
  std::filesystem::path store;  // files go to store/NAME/
  std::string from;             // a folder, or the address of one; empty: the manifest's addresses
  Seconds patience{30};         // without a byte, before a server is given up
  /// Told between pieces; false interrupts. `source` is the address or path in use.
  std::function<bool(const std::string& file, const std::string& source, std::uint64_t done,
                     std::uint64_t total)>
      progress;
  std::function<void(const std::string&)> warn;  // a mirror failed, the next one is tried
};

/// Makes sure that every file of a dataset is here: those that are missing or differ are copied or
/// downloaded to a name of their own, checked, and only then get their name. Two processes at once
/// wait for one another. Returns how many files were fetched. Errors: Error naming the file and
/// what each source said.
std::size_t fetch_dataset(const std::string& name, const DatasetLocations& locations,
                          const FetchOptions& options);

/// Writes what a participant may have, the public part: inputs.npy, labels.npy (i32) and, where the
/// dataset has a validation part, validation_rows.npy (i32). Into a folder that is there.
void write_public_part(const Dataset& dataset, const std::filesystem::path& folder);

/// The same for a dataset by name; makes the folder. Returns the number of samples.
std::size_t export_public_part(const std::string& name, const DatasetLocations& locations,
                               const std::filesystem::path& folder);

}  // namespace joulebench
