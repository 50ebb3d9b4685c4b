#pragma once

#include <string>
#include <vector>

#include "leaderboard/site/chart/axes.h"

namespace joulebench {

/// One entry on one track.
struct ChartRow {
  std::string group;  // rows of a group stand together, under its name
  std::string name;
  std::string link;
  Estimate energy;   // joules
  Estimate quality;  // as it is shown
};

/// A row for each entry, in groups: its energy on a logarithmic scale beside its quality on a
/// linear one, all rows on the same two scales. `energy` and `quality` say what they show.
std::string energy_quality_rows(const std::vector<ChartRow>& rows, const std::string& energy,
                                const QualityAxis& quality, int width);

}  // namespace joulebench
