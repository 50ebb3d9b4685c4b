#include "leaderboard/site/chart/quality_energy_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

/// Where the chart's values lie on it.
struct ScatterPlot {
  Axis x;  // powers of ten of joules
  Axis y;  // the metric as shown

  double x_of(double joules) const { return x.at(std::log10(joules)); }
};

ScatterPlot plot_of(const std::vector<ChartPoint>& points, const QualityAxis& quality, int width,
                    int height) {
  Interval joules = reach(points.front().joules);
  Interval values = reach(points.front().quality);
  for (const ChartPoint& point : points) {
    joules = joined(joules, reach(point.joules));
    values = joined(values, reach(point.quality));
  }
  const Interval energy = energy_range(joules);
  const Interval seen = quality_range(values, quality);
  return {.x = {energy.low, energy.high, 48, width - 12.0},
          .y = {seen.low, seen.high, height - 40.0, 12}};
}

/// The name beside a point where it covers nothing; where there is no room, the table has it.
/// Adds the place it takes to `taken`.
std::string name_beside(const std::string& name, double cx, double cy, const ScatterPlot& plot,
                        std::vector<Box>& taken) {
  const double length = 7.0 * static_cast<double>(text_width(name));
  const struct {
    double dx, dy;
    const char* anchor;
  } places[] = {{9, -6, "start"}, {-9, -6, "end"}, {9, 15, "start"}, {-9, 15, "end"}};
  for (const auto& place : places) {
    const double left = place.dx > 0 ? cx + place.dx : cx + place.dx - length;
    const Box box{left, cy + place.dy - 11, left + length, cy + place.dy + 3};
    if (box.left < plot.x.from || box.right > plot.x.to || box.top < 0 ||
        box.bottom > plot.y.from) {
      continue;
    }
    if (std::any_of(taken.begin(), taken.end(),
                    [&](const Box& other) { return box.meets(other); })) {
      continue;
    }
    taken.push_back(box);
    return text_at(cx + place.dx, cy + place.dy, "name", name, place.anchor);
  }
  return {};
}

std::string point_drawing(const ChartPoint& point, const ScatterPlot& plot,
                          const QualityAxis& quality, const std::string& per,
                          std::vector<Box>& taken) {
  const double cx = plot.x_of(point.joules.value);
  const double cy = plot.y.at(point.quality.value);
  const Interval energy = reach(point.joules);
  const Interval reached = reach(point.quality);
  std::string svg = fmt::format(
      "<a href=\"{}\"><g class=\"{}\"><title>{}</title>", escape_html(point.link),
      point.is_front ? "point front" : "point",
      escape_html(fmt::format("{}: {} per {}, {}{}", point.name, joules_text(point.joules.value),
                              per, value_text(point.quality, 1), quality.unit == "%" ? " %" : "")));
  svg += line(plot.x_of(energy.low), cy, plot.x_of(energy.high), cy, "interval");
  svg += line(cx, plot.y.at(reached.low), cx, plot.y.at(reached.high), "interval");
  svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4.5\"/>", px(cx), px(cy));
  return svg + name_beside(point.name, cx, cy, plot, taken) + "</g></a>";
}

}  // namespace

std::string quality_energy_chart(const std::vector<ChartPoint>& points, const QualityAxis& quality,
                                 const std::string& per, int width, int height) {
  if (points.empty()) return {};
  const ScatterPlot plot = plot_of(points, quality, width, height);
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"{3} over energy per {4}, {2} entries; the table has the figures\">",
      width, height, points.size(), escape_html(quality.name), per);
  svg += quality_grid(plot.x, plot.y, quality);
  svg += energy_grid(plot.x, plot.y.to, plot.y.from);
  svg += text_at((plot.x.from + plot.x.to) / 2, height - 4, "axis",
                 "energy per " + per + " (logarithmic)", "middle");
  svg += floor_lines(plot.x, plot.y, quality);
  std::vector<Box> taken;
  for (const ChartPoint& point : points) {
    const double cx = plot.x_of(point.joules.value);
    const double cy = plot.y.at(point.quality.value);
    taken.push_back({cx - 5, cy - 5, cx + 5, cy + 5});
  }
  for (const ChartPoint& point : points) svg += point_drawing(point, plot, quality, per, taken);
  return svg + "</svg>";
}

}  // namespace joulebench
