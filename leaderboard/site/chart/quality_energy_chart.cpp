#include "leaderboard/site/chart/quality_energy_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "leaderboard/site/chart/point_names.h"

namespace joulebench {
namespace {

constexpr double kLeft = 44;  // pixels beside the plot, of the style sheet
constexpr double kTop = 18;
constexpr double kBelow = 38;

/// Where the chart's values lie: across in units of the drawing, upright in pixels.
struct ScatterPlot {
  Axis x;  // powers of ten of joules
  Axis y;  // the metric as shown

  double x_of(double joules) const { return x.at(std::log10(joules)); }
  double height() const { return y.from; }
};

ScatterPlot plot_of(const std::vector<ChartPoint>& points, const ChartSubject& subject) {
  Interval joules{points.front().joules.value, points.front().joules.value};
  Interval values{points.front().quality.value, points.front().quality.value};
  for (const ChartPoint& point : points) {
    const bool is_whole = point.stands_out();  // of others the interval is not drawn
    joules = joined(
        joules, is_whole ? reach(point.joules) : Interval{point.joules.value, point.joules.value});
    values = joined(values, is_whole ? reach(point.quality)
                                     : Interval{point.quality.value, point.quality.value});
  }
  const Interval energy = energy_range(joules);
  const Interval seen = quality_range(values, subject.quality);
  return {.x = {energy.low, energy.high, 0, kAcross},
          .y = {seen.low, seen.high, subject.is_small ? 120.0 : 340.0, 0}};
}

std::string path(const char* css, const std::string& d) {
  return d.empty() ? "" : fmt::format("<path class=\"{}\" d=\"{}\"/>", css, d);
}

// ---- grid and axes ----

struct Tick {
  double at;  // power of ten
  std::string label;
  bool is_on_phone = false;
};

/// Lines at even steps: less than a decade may hold one of 1, 2 and 5 times a power of ten, or
/// none.
std::vector<Tick> even_ticks(const ScatterPlot& plot, EnergyUnit unit, bool is_small) {
  const double from = std::pow(10, plot.x.low) / unit.joules;
  const double to = std::pow(10, plot.x.high) / unit.joules;
  const double step = nice_step(to - from, is_small ? 3 : 5);
  std::vector<Tick> ticks;
  for (double number = std::ceil(from / step); number * step <= to; ++number) {
    ticks.push_back({.at = std::log10(number * step * unit.joules),
                     .label = grouped(fmt::format("{:.6g}", number * step)),
                     .is_on_phone = std::fmod(number, 2) == 0});
  }
  return ticks;
}

/// Lines at 1, 2 and 5 times the powers of ten, labelled as far as there is room.
std::vector<Tick> energy_ticks(const ScatterPlot& plot, EnergyUnit unit, bool is_small) {
  const double decades = plot.x.high - plot.x.low;
  if (decades < 1) return even_ticks(plot, unit, is_small);
  const int every_wide = std::max(1, static_cast<int>(std::ceil(decades / (is_small ? 4 : 12))));
  const int every_phone = std::max(1, static_cast<int>(std::ceil(decades / 5)));
  std::vector<Tick> ticks;
  for (int power = static_cast<int>(std::floor(plot.x.low));
       power <= static_cast<int>(std::ceil(plot.x.high)); ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double at = power + std::log10(factor);
      if (at < plot.x.low || at > plot.x.high) continue;
      const bool is_whole = factor == 1.0;
      const bool wide = is_whole ? power % every_wide == 0 : decades <= (is_small ? 1 : 3);
      const bool phone = is_whole ? power % every_phone == 0 : decades <= 1;
      const double shown = factor * std::pow(10, power) / unit.joules;
      ticks.push_back({.at = at,
                       .label = wide || phone ? grouped(fmt::format("{:.6g}", shown)) : "",
                       .is_on_phone = phone});
    }
  }
  return ticks;
}

std::vector<double> quality_ticks(const ScatterPlot& plot, bool is_small) {
  std::vector<double> ticks;
  const double step = nice_step(plot.y.high - plot.y.low, is_small ? 3 : 6);
  for (double tick = std::ceil(plot.y.low / step) * step; tick <= plot.y.high + step * 1e-6;
       tick += step) {
    ticks.push_back(tick);
  }
  return ticks;
}

std::string grid_path(const ScatterPlot& plot, const std::vector<Tick>& across,
                      const std::vector<double>& upright) {
  std::string d;
  for (const Tick& tick : across)
    d += fmt::format("M{} 0v{}", units(plot.x.at(tick.at)), plot.height());
  for (const double tick : upright) {
    d += fmt::format("M0 {}h{}", px(plot.y.at(tick)), kAcross);
  }
  return path("grid", d);
}

/// Numbers on both axes, in pixels beside the plot and in percent below it.
std::string axis_labels(const ScatterPlot& plot, const std::vector<Tick>& across,
                        const std::vector<double>& upright, const ChartSubject& subject,
                        const Texts& say) {
  std::string svg;
  const double step = nice_step(plot.y.high - plot.y.low, subject.is_small ? 3 : 6);
  for (const double tick : upright) {
    svg += text_at(-6, plot.y.at(tick) + 4, "tick", tick_label(tick, step), "end");
  }
  for (const Tick& tick : across) {
    if (tick.label.empty()) continue;
    svg += fmt::format("<text x=\"{}%\" y=\"{}\" class=\"tick{}\" text-anchor=\"middle\">{}</text>",
                       px(plot.x.at(tick.at) / kAcross * 100), plot.height() + 15,
                       tick.is_on_phone ? "" : " for-wide", tick.label);
  }
  if (!subject.quality.unit.empty()) {
    svg += text_at(-kLeft + 2, -8, "axis", subject.quality.unit);
  }
  const std::string title =
      say("energy per {}, {}, logarithmic", {say(subject.per), subject.unit.name});
  return svg + fmt::format(
                   "<text x=\"50%\" y=\"{}\" class=\"axis\" text-anchor=\"middle\">{}"
                   "</text>",
                   plot.height() + 32, escape_html(title));
}

// ---- what lies behind the points ----

/// Each floor from the right as far as its leader, and down to the next.
std::string floor_steps(const ScatterPlot& plot, const std::vector<ChartFloor>& floors) {
  std::string d;
  for (const ChartFloor& one : floors) {
    if (!(one.joules > 0) || one.floor > plot.y.high) continue;
    const int x = units(std::clamp(plot.x_of(one.joules), 0.0, kAcross));
    const std::string y = px(plot.y.at(std::max(one.floor, plot.y.low)));
    d += d.empty() ? fmt::format("M{} {}H{}", kAcross, y, x) : fmt::format("V{}H{}", y, x);
  }
  return path("steps", d);
}

std::string floor_labels(const ScatterPlot& plot, const ChartSubject& subject) {
  std::string svg;
  double last = 1e9;
  for (const ChartFloor& one : subject.floors) {
    const double y = plot.y.at(one.floor);
    if (one.floor < plot.y.low || one.floor > plot.y.high || std::abs(last - y) < 13) continue;
    last = y;
    svg += fmt::format(
        "<text x=\"100%\" y=\"{}\" class=\"floor-label\" text-anchor=\"end\">{} {:g}{}</text>",
        px(std::max(y - 4, 9.0)), subject.quality.less_is_better ? "≤" : "≥", one.floor,
        subject.quality.unit == "%" ? " %" : "");
  }
  return svg;
}

/// Through the entries that no other beats in both.
std::string front_line(const ScatterPlot& plot, const std::vector<ChartPoint>& points) {
  std::vector<std::pair<double, double>> front;
  for (const ChartPoint& point : points) {
    if (point.is_front)
      front.emplace_back(plot.x_of(point.joules.value), plot.y.at(point.quality.value));
  }
  if (front.size() < 2) return {};
  std::sort(front.begin(), front.end());
  std::string d;
  for (const auto& [x, y] : front) {
    d += fmt::format("{}{} {}", d.empty() ? "M" : "L", units(x), px(y));
  }
  return path("front-line", d);
}

std::string interval_lines(const ScatterPlot& plot, const ChartPoint& point) {
  const double x = plot.x_of(point.joules.value);
  const double y = plot.y.at(point.quality.value);
  const Interval energy = reach(point.joules);
  const Interval quality = reach(point.quality);
  return fmt::format("M{} {}H{}M{} {}V{}", units(plot.x_of(energy.low)), px(y),
                     units(plot.x_of(energy.high)), units(x), px(plot.y.at(quality.low)),
                     px(plot.y.at(quality.high)));
}

// ---- points ----

std::string dot(const ScatterPlot& plot, const ChartPoint& point) {
  return fmt::format("M{} {}h0", units(plot.x_of(point.joules.value)),
                     px(plot.y.at(point.quality.value)));
}

/// Entries beyond those that are linked, each place once.
std::string cloud(const ScatterPlot& plot, const std::vector<const ChartPoint*>& points) {
  std::set<std::pair<int, int>> places;
  for (const ChartPoint* point : points) {
    places.emplace(units(plot.x_of(point->joules.value) / 3) * 3,
                   units(plot.y.at(point->quality.value) / 2) * 2);
  }
  std::string d;
  for (const auto& [x, y] : places) d += fmt::format("M{} {}h0", x, y);
  return path("dot", d);
}

const char* css_of(const ChartPoint& point) {
  if (point.is_held) return "dot held";
  if (point.is_baseline) return "dot baseline";
  return point.is_front || point.is_leader ? "dot best" : "dot";
}

std::string linked(const ScatterPlot& plot, const ChartPoint& point, const ChartSubject& subject) {
  const std::string d = dot(plot, point);
  if (!point.stands_out()) {
    return fmt::format("<a href=\"{}\" tabindex=\"-1\"><path d=\"{}\"/></a>",
                       escape_html(point.link), d);
  }
  const std::string title = fmt::format(
      "{}: {} {}/{}, {}{}", point.name, grouped(value_text(point.joules, subject.unit.joules)),
      subject.unit.name, subject.per, value_text(point.quality, 1),
      subject.quality.unit == "%" ? " %" : "");
  std::string svg = fmt::format(
      "<a href=\"{}\" aria-label=\"{}\"><path class=\"{}\" d=\"{}\">"
      "<title>{}</title></path>",
      escape_html(point.link), escape_html(title), css_of(point), d, escape_html(title));
  if (point.is_held) svg += path("hole", d);
  return svg + "</a>";
}

/// Light points first, what stands out above them.
std::string all_points(const ScatterPlot& plot, const std::vector<ChartPoint>& points,
                       const ChartSubject& subject) {
  std::vector<const ChartPoint*> rest;
  std::string light;
  std::string best;
  std::string intervals;
  std::size_t links = 0;
  for (const ChartPoint& point : points) {
    if (point.stands_out()) {
      intervals += interval_lines(plot, point);
      best +=
          subject.is_small ? path(css_of(point), dot(plot, point)) : linked(plot, point, subject);
    } else if (subject.is_small || links == kMostLinked) {
      rest.push_back(&point);
    } else {
      light += linked(plot, point, subject);
      ++links;
    }
  }
  std::string svg = cloud(plot, rest);
  if (!light.empty()) svg += "<g class=\"light\" aria-hidden=\"true\">" + light + "</g>";
  return svg + path("interval", intervals) + best;
}

std::vector<NamedPoint> named_points(const ScatterPlot& plot,
                                     const std::vector<ChartPoint>& points) {
  std::vector<NamedPoint> named;
  for (const ChartPoint& point : points) {
    const int weight = point.is_leader ? 3 : point.is_baseline ? 2 : point.stands_out() ? 1 : 0;
    if (weight == 0 && points.size() > 60) continue;
    named.push_back({.name = point.name,
                     .across = plot.x_of(point.joules.value) / kAcross,
                     .y = plot.y.at(point.quality.value),
                     .weight = weight});
  }
  return named;
}

}  // namespace

std::string quality_energy_chart(const std::vector<ChartPoint>& points, const ChartSubject& subject,
                                 const Texts& say) {
  if (points.empty()) return {};
  const ScatterPlot plot = plot_of(points, subject);
  const std::vector<Tick> across = energy_ticks(plot, subject.unit, subject.is_small);
  const std::vector<double> upright = quality_ticks(plot, subject.is_small);
  const std::string label =
      say("{} over energy per {}, {} entries; the table has the figures",
          {subject.quality.name, say(subject.per), std::to_string(points.size())});
  std::string svg = fmt::format(
      "<svg class=\"chart\" width=\"100%\" height=\"{0}\" role=\"{1}\" aria-label=\"{2}\">"
      "<svg class=\"plot-area\" y=\"{3}\" width=\"100%\" height=\"{4}\">"
      "<svg class=\"fill\" viewBox=\"0 0 {5} {4}\" preserveAspectRatio=\"none\" width=\"100%\" "
      "height=\"{4}\">",
      plot.height() + kTop + kBelow, subject.is_small ? "img" : "group", escape_html(label), kTop,
      plot.height(), kAcross);
  svg += grid_path(plot, across, upright);
  svg += floor_steps(plot, subject.floors) + front_line(plot, points);
  svg += all_points(plot, points, subject) + "</svg>";
  svg += axis_labels(plot, across, upright, subject, say) + floor_labels(plot, subject);
  if (!subject.is_small) svg += names_beside(named_points(plot, points), plot.height());
  return svg + "</svg></svg>";
}

}  // namespace joulebench
