#include "leaderboard/site/chart/energy_quality_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

constexpr double kRowHeight = 19;
constexpr double kRowsTop = 18;

/// Where names, energies and qualities stand.
struct RowsPlot {
  double names = 0;  // right end of the names
  Axis x;            // powers of ten of joules
  Axis y;            // the metric as shown
  double bottom = 0;
  std::size_t groups = 0;

  double x_of(double joules) const { return x.at(std::log10(joules)); }
};

RowsPlot plot_of(const std::vector<ChartRow>& rows, const QualityAxis& quality, int width) {
  RowsPlot plot;
  std::size_t longest = 0;
  Interval joules = reach(rows.front().energy);
  Interval values = reach(rows.front().quality);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    longest = std::max(longest, text_width(rows[i].name));
    plot.groups += i == 0 || rows[i].group != rows[i - 1].group ? 1u : 0u;
    joules = joined(joules, reach(rows[i].energy));
    values = joined(values, reach(rows[i].quality));
  }
  plot.names = std::min(12 + 6.9 * static_cast<double>(longest), 0.42 * width);
  const double half = (width - plot.names - 44) / 2;
  const Interval energy = energy_range(joules);
  const Interval seen = quality_range(values, quality);
  plot.x = {energy.low, energy.high, plot.names + 10, plot.names + 10 + half};
  plot.y = {seen.low, seen.high, plot.names + 30 + half, plot.names + 30 + 2 * half};
  plot.bottom = kRowsTop + kRowHeight * static_cast<double>(rows.size() + plot.groups) + 4;
  return plot;
}

std::string grid_of(const RowsPlot& plot) {
  std::string svg = energy_grid(plot.x, kRowsTop, plot.bottom);
  const Axis& y = plot.y;
  const double step = nice_step(y.high - y.low, 4);
  for (double tick = std::ceil(y.low / step) * step; tick <= y.high + 1e-9; tick += step) {
    svg += line(y.at(tick), kRowsTop, y.at(tick), plot.bottom, "grid");
    svg += text_at(y.at(tick), plot.bottom + 16, "tick", tick_label(tick, step), "middle");
  }
  return svg;
}

std::string row_drawing(const ChartRow& row, const RowsPlot& plot, const QualityAxis& quality,
                        double middle) {
  std::string svg = fmt::format(
      "<a href=\"{}\"><g class=\"point front\"><title>{}</title>", escape_html(row.link),
      escape_html(fmt::format("{}, {}: {}, {}{}", row.group, row.name,
                              joules_text(row.energy.value), value_text(row.quality, 1),
                              quality.unit.empty() ? "" : " " + quality.unit)));
  svg += text_at(plot.names, middle + 4, "name", row.name, "end");
  const Interval spent = reach(row.energy);
  svg += line(plot.x_of(spent.low), middle, plot.x_of(spent.high), middle, "interval");
  const Interval reached = reach(row.quality);
  svg += line(plot.y.at(reached.low), middle, plot.y.at(reached.high), middle, "interval");
  for (const double centre : {plot.x_of(row.energy.value), plot.y.at(row.quality.value)}) {
    svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\"/>", px(centre), px(middle));
  }
  return svg + "</g></a>";
}

}  // namespace

std::string energy_quality_rows(const std::vector<ChartRow>& rows, const std::string& energy,
                                const QualityAxis& quality, int width) {
  if (rows.empty()) return {};
  const RowsPlot plot = plot_of(rows, quality, width);
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"group\" "
      "aria-label=\"{2} and {3} of {4} entries on {5} tracks; the tracks' tables have the "
      "figures\">",
      width, plot.bottom + 22, escape_html(energy), escape_html(quality.name), rows.size(),
      plot.groups);
  svg += text_at(plot.x.from, 10, "axis", energy);
  svg += text_at(plot.y.from, 10, "axis",
                 quality.unit.empty() ? quality.name : quality.name + ", " + quality.unit);
  svg += grid_of(plot);
  double at = kRowsTop;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows[i].group != rows[i - 1].group) {
      at += kRowHeight;
      svg += text_at(0, at - 2, "group", rows[i].group);
    }
    at += kRowHeight;
    svg += row_drawing(rows[i], plot, quality, at - kRowHeight / 2);
  }
  return svg + "</svg>";
}

}  // namespace joulebench
