#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/competition.h"
#include "core/file.h"
#include "datasets/dataset.h"
#include "harness/run/entry_run.h"
#include "harness/run/node_lock.h"

namespace CLI {
class App;
}

namespace joulebench {

/// Options of the commands that run entries.
struct RunOptions {
  std::vector<std::string> meters = {"auto"};
  std::filesystem::path datasets;
  std::filesystem::path scratch;
  std::string format = "text";
  bool quiet = false;

  void add_to(CLI::App& command);
  bool as_json() const { return format == "json"; }
};

/// Where datasets are looked for: the folder that was named, the user's store, the ones that come
/// with the program.
DatasetLocations dataset_locations(const std::filesystem::path& named);

/// Inputs and labels belong into memory: /dev/shm where there is room, else the system's temporary
/// folder.
std::filesystem::path default_scratch();

/// A path that a competition names: relative to its file or to the nearest folder above that has
/// it, or to the folder the program comes from. Errors: Error naming the places.
std::filesystem::path find_beside(const Competition& competition, const std::string& path);

/// Everything that runs of one track share, checked before the first starts: the dataset is opened,
/// the energy that the track asks for can be read. Owns what RunSetting refers to.
class Measuring {
 public:
  /// Errors: Error, with the remedy, when no counter can be read and no model was asked for.
  Measuring(const RunOptions& options, const Competition& competition, const Track& track,
            bool require_limits, std::function<void(std::string)> on_phase);

  const RunSetting& setting() const { return *setting_; }
  const Dataset& dataset() const { return dataset_; }
  bool is_modelled() const { return modelled_; }

 private:
  SystemClock clock_;
  Dataset dataset_;
  bool modelled_ = false;
  std::unique_ptr<RunSetting> setting_;
};

}  // namespace joulebench
