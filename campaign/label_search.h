#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/copies.h"
#include "datasets/labels.h"

namespace joulebench {

/// What a search for labels may take, and tells.
struct LabelSearch {
  /// What sandboxes are shown: of this machine host_roots(), of an environment its root.
  std::vector<std::filesystem::path> roots = {};
  std::string environment = {};  // digest of the one whose root is `roots`; empty: the machine's
  std::filesystem::path cache = default_copies_cache();  // empty: none
  std::function<bool()> stopped;
  std::function<void(std::string)> on_phase;
};

/// Looks for files that give the hidden part of a dataset away and adds them to the dataset's
/// `copies`, so that every sandbox masks them; packed files that cannot be looked through likewise.
/// Returns what is masked, sorted, for the record: "/usr/share/x.csv: is digits.csv.gz", of an
/// environment as it is called inside, with the first digits of the digest before it.
/// Errors: Error when there are too many to mask; Interrupted.
std::vector<std::string> mask_copies(LabelledDataset& labelled, const DatasetLocations& locations,
                                     const LabelSearch& search);

/// What an environment gives away of the datasets whose files are on this machine.
struct LabelsInside {
  std::vector<std::string> datasets;  // that were looked for
  std::vector<std::string> files;  // "dataset digits: 0123456789ab: /usr/x.csv: is digits.csv.gz"
};
/// The same search for each of those datasets, so that an organizer hears of it at the import, and
/// a run finds it done. A dataset that cannot be read, or of which too many files are found, is a
/// line of `files`. Bundles, whose labels are public, are left out. Errors: Interrupted.
LabelsInside find_labels_inside(const LabelSearch& search, const DatasetLocations& locations);

/// Whether JOULEBENCH_LABEL_SEARCH=off, for tests: nothing is looked for, and the record says so.
bool is_label_search_off();

}  // namespace joulebench
