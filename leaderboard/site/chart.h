#pragma once

#include <string>
#include <vector>

#include "core/energy.h"
#include "scoring/score.h"

namespace joulebench {

// Drawings as inline SVG: pure functions of their arguments, coloured by the page's style sheet,
// every text escaped. Each is drawn for a width in pixels, so that its letters stay readable on a
// phone.

/// One entry on the chart of accuracy over energy.
struct ChartPoint {
  std::string name;
  std::string link;
  Estimate quality;       // the track's metric, as it is shown: percent, or its own unit
  Estimate joules;        // per sample, or per training
  bool is_front = false;  // no other entry is better in both
};

/// What stands on the upright axis.
struct QualityAxis {
  std::string name = "Accuracy";
  std::string unit = "%";       // "" where it has none
  bool less_is_better = false;  // floors are then ceilings
  std::vector<double> floors;   // as shown
};

/// The metric (linear) over energy (logarithmic), intervals as crosses, floors as lines; `per` is
/// what the energy is per: "sample" or "training".
std::string quality_energy_chart(const std::vector<ChartPoint>& points, const QualityAxis& quality,
                                 const std::string& per, int width, int height);

/// Accuracy on the validation samples over the energy that a training had used until then: one line
/// a block with a dot at each checkpoint, floors as lines; in percent. Empty when there is no
/// point.
std::string training_curve_chart(const std::vector<BlockScore>& blocks, const QualityAxis& quality,
                                 int width, int height);

/// One entry on one track, for energy_quality_rows().
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

/// An interval as a bar with its estimate as a tick, on a scale shared by a column.
struct BarScale {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
};
std::string interval_bar(const Estimate& estimate, const BarScale& scale);

/// Mean power between neighbouring readings of each domain in the total, over time since the first
/// one; marks as ticks. Gaps stay gaps.
std::string power_trace_chart(const EnergyTrace& trace, int width, int height);

/// &, <, >, and both quotes as entities.
std::string escape_html(std::string_view text);

}  // namespace joulebench
