#pragma once

#include <string>
#include <vector>

#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/axes.h"
#include "leaderboard/site/texts.h"

namespace joulebench {

/// One entry on the chart of accuracy over energy.
struct ChartPoint {
  std::string name;
  std::string link;
  Estimate quality;        // the track's metric, as it is shown: percent, or its own unit
  Estimate joules;         // per sample, or per training
  bool is_front = false;   // no other entry is better in both
  bool is_leader = false;  // may be first in a category
  bool is_baseline = false;
  bool is_held = false;  // out of the ranks until the organizer decides

  bool stands_out() const { return is_front || is_leader || is_baseline || is_held; }
};

/// A floor as a step: down to it from where its category's least energy lies.
struct ChartFloor {
  double floor = 0;   // as shown
  double joules = 0;  // of the first of its category; 0: nobody meets it
};

/// What a chart is of.
struct ChartSubject {
  QualityAxis quality;  // its floors are not looked at
  std::vector<ChartFloor> floors;
  EnergyUnit unit;
  std::string per;        // "sample", "training"
  bool is_small = false;  // one of several on a page: no names, no links
};

/// The metric (linear) over energy (logarithmic): intervals of what stands out, all others as light
/// points, above kMostLinked without links; floors as steps, the front as a line, baseline and held
/// entries with marks of their own. As wide as the page; names never overlap at any width. Empty
/// when there is no point.
constexpr std::size_t kMostLinked = 300;
std::string quality_energy_chart(const std::vector<ChartPoint>& points, const ChartSubject& subject,
                                 const Texts& say);

}  // namespace joulebench
