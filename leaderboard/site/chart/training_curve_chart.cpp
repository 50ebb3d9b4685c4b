#include "leaderboard/site/chart/training_curve_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

struct CurvePlot {
  EnergyUnit unit;
  Axis x;  // in `unit`
  Axis y;  // percent
};

/// Absent: no point has joules.
std::optional<CurvePlot> plot_of(const std::vector<BlockScore>& blocks, const QualityAxis& quality,
                                 int width, int height) {
  double most = 0;
  Interval values{100, 0};
  for (const BlockScore& block : blocks) {
    for (const CurvePoint& point : block.curve) {
      if (!point.joules) continue;
      most = std::max(most, point.joules->value);
      values = joined(values, {100 * point.accuracy, 100 * point.accuracy});
    }
  }
  if (most <= 0) return std::nullopt;
  const Interval seen = quality_range(values, quality);
  const EnergyUnit unit = energy_unit_for({&most, 1});
  return CurvePlot{.unit = unit,
                   .x = {0, most / unit.joules, 48, width - 12.0},
                   .y = {seen.low, seen.high, height - 40.0, 12}};
}

std::string energy_ticks(const CurvePlot& plot, int width) {
  const auto& [unit, x, y] = plot;
  std::string svg;
  const double step = nice_step(x.high, width > 500 ? 10 : 5);
  for (double tick = 0; tick <= x.high * (1 + 1e-9); tick += step) {
    svg += line(x.at(tick), y.to, x.at(tick), y.from, "grid");
    svg += text_at(x.at(tick), y.from + 16, "tick", short_tick(tick), "middle");
  }
  return svg;
}

/// Empty: the block has no point with joules.
std::string block_drawing(const BlockScore& block, const CurvePlot& plot, int colour) {
  std::string path;
  std::string dots;
  for (const CurvePoint& point : block.curve) {
    if (!point.joules) continue;
    const std::string cx = px(plot.x.at(point.joules->value / plot.unit.joules));
    const std::string cy = px(plot.y.at(100 * point.accuracy));
    path += fmt::format("{}{} {}", path.empty() ? "M" : "L", cx, cy);
    dots += fmt::format(
        "<circle cx=\"{}\" cy=\"{}\" r=\"2\"><title>block {}, {} s: {}, {} %</title></circle>", cx,
        cy, block.number, short_number(point.at.count()), joules_text(point.joules->value),
        short_number(point.accuracy * 100));
  }
  if (path.empty()) return {};
  return fmt::format("<g class=\"block\"><path class=\"power power-{}\" d=\"{}\"/>{}</g>", colour,
                     path, dots);
}

}  // namespace

std::string training_curve_chart(const std::vector<BlockScore>& blocks, const QualityAxis& quality,
                                 int width, int height) {
  const std::optional<CurvePlot> plot = plot_of(blocks, quality, width, height);
  if (!plot) return {};
  std::string svg = fmt::format(
      "<svg class=\"chart curve\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "role=\"img\" aria-label=\"Accuracy over the energy of the training, {2} blocks\">",
      width, height, blocks.size());
  svg += quality_grid(plot->x, plot->y, quality);
  svg += energy_ticks(*plot, width);
  svg += text_at((plot->x.from + plot->x.to) / 2, height - 4, "axis",
                 std::string("energy used so far, ") + plot->unit.name, "middle");
  svg += floor_lines(plot->x, plot->y, quality);
  int drawn = 0;
  for (const BlockScore& block : blocks) {
    const std::string drawing = block_drawing(block, *plot, drawn % 4);
    if (drawing.empty()) continue;
    svg += drawing;
    ++drawn;
  }
  return svg + "</svg>";
}

}  // namespace joulebench
