#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "campaign/entry_run.h"
#include "campaign/local_executor.h"
#include "core/clock.h"
#include "core/competition.h"
#include "datasets/labels.h"

namespace joulebench {

/// Where datasets are looked for: the folder that was named, datasets/ beside the competition file,
/// the user's store, the ones that come with the program.
DatasetLocations dataset_locations(const std::filesystem::path& named,
                                   const std::filesystem::path& competition_file = {});

/// Inputs and labels belong into memory: /dev/shm where there is room, else the system's temporary
/// folder.
std::filesystem::path default_scratch();

/// How the runs of one track are measured, as the user asked for it.
struct MeasuringOptions {
  std::vector<std::string> meters = {"auto"};
  std::filesystem::path datasets;               // looked in first; empty: only the usual places
  std::filesystem::path competition_file = {};  // datasets/ beside it is looked in next
  std::filesystem::path environments;           // folder of their store; empty: the usual one
  std::filesystem::path scratch;                // empty: default_scratch()
  std::string node_name;                        // of this machine in records; empty: its host name
  bool require_limits = false;    // refuse to run where a mandatory limit cannot be enforced
  std::function<bool()> stopped;  // asked to end early
  std::function<void(std::string)> on_phase;
};

/// Everything that the blocks of one track share on this machine, checked before the first starts:
/// the dataset is opened, the energy that the track asks for can be read. Owns what its settings
/// refer to.
class Measuring {
 public:
  /// Errors: Error, with the remedy, when no counter can be read and no model was asked for.
  Measuring(const MeasuringOptions& options, const Track& track);

  const LocalSetting& setting() const { return *setting_; }
  /// The settings of runs whose blocks `executor` runs. All three must outlive it.
  RunSetting run_setting(const Competition& competition, BlockExecutor& executor) const;
  const Dataset& dataset() const { return labelled_.dataset; }
  /// With the hidden labels: for scorers, never for blocks.
  const LabelledDataset& labelled_dataset() const { return labelled_; }
  EnvironmentStore environments() const { return EnvironmentStore(setting_->environments); }
  /// Once, before the first sandbox: looks for files that give the hidden part away where entries
  /// run, and hides them from every sandbox. `places`: environments; absent for the machine's own
  /// /usr; one that occurs twice counts once. Returns what is masked, for the record. Takes as long
  /// as reading all of it when nothing is known from before, so hold the machine's lock.
  /// JOULEBENCH_LABEL_SEARCH=off, for tests: nothing is looked for, and the record says so.
  /// Errors: those of mask_copies() and of EnvironmentStore::open().
  std::vector<std::string> mask_labels(
      const std::vector<std::optional<EnvironmentIdentity>>& places);
  bool is_modelled() const { return modelled_; }
  /// Anybody has the labels: the dataset is a bundle's, or comes with the program.
  bool has_open_labels() const;

 private:
  SystemClock clock_;
  DatasetLocations locations_;
  LabelledDataset labelled_;
  bool modelled_ = false;
  std::string meters_;
  std::unique_ptr<LocalSetting> setting_;
};

}  // namespace joulebench
