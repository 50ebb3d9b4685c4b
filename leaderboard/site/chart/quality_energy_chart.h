#pragma once

#include <string>
#include <vector>

#include "leaderboard/site/chart/axes.h"

namespace joulebench {

/// One entry on the chart of accuracy over energy.
struct ChartPoint {
  std::string name;
  std::string link;
  Estimate quality;       // the track's metric, as it is shown: percent, or its own unit
  Estimate joules;        // per sample, or per training
  bool is_front = false;  // no other entry is better in both
};

/// The metric (linear) over energy (logarithmic), intervals as crosses, floors as lines; `per` is
/// what the energy is per: "sample" or "training". Empty when there is no point.
std::string quality_energy_chart(const std::vector<ChartPoint>& points, const QualityAxis& quality,
                                 const std::string& per, int width, int height);

}  // namespace joulebench
