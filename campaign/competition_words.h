#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/competition.h"
#include "datasets/inputs.h"

namespace joulebench {

/// A competition as its participants are told of it: names and what stands behind them, in words.
struct CompetitionWords {
  using Line = std::pair<std::string, std::string>;  // "memory", "1 GB"
  struct OfTrack {
    std::string id;
    std::string title;  // empty: it has none of its own
    std::vector<Line> rules;
    std::vector<Line> limits;
    std::vector<std::string> calendar;  // dates and quotas, a sentence each
  };
  std::string id;
  std::string title;
  std::string description;
  std::vector<Line> environments;  // name, and its digest or how it is chosen
  std::vector<OfTrack> tracks;
  bool has_teams = false;  // that are known by their keys
};

/// Size of a dataset, for its line. Of one that cannot be read `problem` says why.
struct DatasetSize {
  std::uint64_t hidden_samples = 0;  // 0: not known
  std::uint64_t public_samples = 0;
  std::string problem;
  bool is_practice = false;  // what is hidden are public samples
};
/// The same of a dataset that is looked for in `locations`. Errors become `problem`.
DatasetSize size_of_dataset(const std::string& name, const DatasetLocations& locations);

/// `sizes`: of each track's dataset, in the order of the tracks. `now_utc`: how far away dates are;
/// empty: the dates alone. Errors: Error when dates or rules cannot be read.
CompetitionWords words_of(const Competition& competition, const std::vector<DatasetSize>& sizes,
                          const std::string& now_utc = {});

}  // namespace joulebench
