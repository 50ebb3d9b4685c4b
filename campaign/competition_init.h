#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/import.h"

namespace joulebench {

/// A competition to be started.
struct CompetitionInit {
  std::filesystem::path folder;    // made; the competition's id comes from its name
  std::string title;               // empty: the id
  std::string dataset;             // one that is there; empty: a new one, of `data`
  ImportOptions data;              // name and store are set here
  std::filesystem::path datasets;  // where `dataset` is looked for first; empty: the usual places
  std::vector<double> floors;      // empty: those of 80, 90 and 95 % that the test part can prove
  std::string opens;               // RFC 3339; empty: none
  std::string closes;
  std::string time_zone;  // empty: UTC
};

struct CompetitionInitReport {
  std::filesystem::path competition;  // the file
  std::vector<std::string> files;     // that were written, beside those of the dataset
  std::string dataset;
  std::size_t public_rows = 0;
  std::size_t hidden_rows = 0;
  std::size_t classes = 0;
  bool predicts_numbers = false;  // the track's metric is rmse
  std::string baseline;           // its folder's name
  std::vector<double> floors;     // empty: none can be proved, so entries are ranked by `pareto`
  std::vector<std::string> notes;
};

/// Writes FOLDER/competition.json, a baseline that works, and the dataset into FOLDER/datasets
/// where it is a new one: what `competition check` passes, and `run` can run at once. Errors: Error
/// naming the folder, the dataset or the field; what was written is removed again.
CompetitionInitReport init_competition(const CompetitionInit& init);

}  // namespace joulebench
