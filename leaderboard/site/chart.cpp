#include "leaderboard/site/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "core/text.h"
#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

/// Pixels with a tenth; "-0.0" is "0.0", so that the same drawing has the same bytes.
std::string px(double value) {
  const double rounded = std::round(value * 10) / 10;
  return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

std::string text_at(double x, double y, const char* css, std::string_view text,
                    const char* anchor = "start") {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" text-anchor=\"{}\">{}</text>", px(x),
                     px(y), css, anchor, escape_html(text));
}

std::string line(double x1, double y1, double x2, double y2, const char* css) {
  return fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>", px(x1), px(y1),
                     px(x2), px(y2), css);
}

/// Steps of 1, 2 or 5 times a power of ten; about `count` of them in `span`.
double nice_step(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

struct Axis {
  double low = 0;
  double high = 1;
  double from = 0;  // pixel of low
  double to = 1;    // pixel of high
  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

Interval reach(const Estimate& estimate) {
  return estimate.interval.value_or(Interval{estimate.value, estimate.value});
}

/// 0.0123 J -> "12.3 mJ"
std::string joules_label(double joules) {
  const double one[] = {joules};
  const EnergyUnit unit = energy_unit_for(one);
  return fmt::format("{:g} {}", std::round(joules / unit.joules * 1e6) / 1e6, unit.name);
}

/// Ends of a logarithmic axis, as powers of ten. Half a decade at the least, so that a single entry
/// does not look as if it were far from itself.
std::pair<double, double> energy_range(double low_joules, double high_joules) {
  const double from = std::log10(low_joules) - 0.12;
  const double to = std::log10(high_joules) + 0.12;
  if (to - from >= 0.5) return {from, to};
  const double middle = (from + to) / 2;
  return {middle - 0.25, middle + 0.25};
}

/// Ends of a linear axis with room beside what it shows; of percent never beyond 0 and 100.
Interval quality_range(double low, double high, const QualityAxis& quality) {
  const bool is_percent = quality.unit == "%";
  const double least = is_percent ? 1 : std::max(1e-9, std::abs(high) * 0.01);
  const double margin = std::max(least, (high - low) * 0.08);
  if (!is_percent) return {low - margin, high + margin};
  return {std::max(0.0, low - margin), std::min(100.0, high + margin)};
}

/// "0.35" of 0.35000000000000003: a tick of an axis with this step.
std::string tick_label(double tick, double step) {
  return fmt::format("{:g}", std::round(tick / step * 1e3) / 1e3 * step);
}

/// Lines and figures of the upright axis.
std::string quality_grid(const Axis& x, const Axis& y, const QualityAxis& quality) {
  std::string svg = quality.unit.empty() ? "" : text_at(4, 10, "axis", quality.unit);
  const double step = nice_step(y.high - y.low, 5);
  for (double tick = std::ceil(y.low / step) * step; tick <= y.high + step * 1e-6; tick += step) {
    svg += line(x.from, y.at(tick), x.to, y.at(tick), "grid");
    svg += text_at(x.from - 6, y.at(tick) + 4, "tick", tick_label(tick, step), "end");
  }
  return svg;
}

std::string floor_lines(const Axis& x, const Axis& y, const QualityAxis& quality) {
  std::string svg;
  for (const double floor : quality.floors) {
    if (floor < y.low || floor > y.high) continue;
    svg += line(x.from, y.at(floor), x.to, y.at(floor), "floor");
    svg += text_at(x.to, y.at(floor) - 4, "floor-label",
                   fmt::format("{} {:g}{}", quality.less_is_better ? "at most" : "floor", floor,
                               quality.unit == "%" ? " %" : ""),
                   "end");
  }
  return svg;
}

/// Lines at 1, 2 and 5 times the powers of ten of a logarithmic axis, with joules below as many of
/// them as there is room for.
std::string energy_grid(const Axis& x, double top, double bottom) {
  constexpr double kLabel = 46;  // pixels
  const double decade = (x.to - x.from) / (x.high - x.low);
  const bool each = decade * std::log10(2.0) >= kLabel;
  const int every = static_cast<int>(std::ceil(kLabel / decade));
  std::string svg;
  for (int power = static_cast<int>(std::floor(x.low));
       power <= static_cast<int>(std::ceil(x.high)); ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = power + std::log10(factor);
      if (tick < x.low || tick > x.high) continue;
      svg += line(x.at(tick), top, x.at(tick), bottom, "grid");
      if (each || (factor == 1.0 && power % every == 0)) {
        svg += text_at(x.at(tick), bottom + 16, "tick", joules_label(std::pow(10, tick)), "middle");
      }
    }
  }
  return svg;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string quality_energy_chart(const std::vector<ChartPoint>& points, const QualityAxis& quality,
                                 const std::string& per, int width, int height) {
  if (points.empty()) return {};
  double low_energy = std::numeric_limits<double>::infinity();
  double high_energy = 0;
  double low_quality = std::numeric_limits<double>::infinity();
  double high_quality = -low_quality;
  for (const ChartPoint& point : points) {
    const Interval energy = reach(point.joules);
    const Interval reached = reach(point.quality);
    low_energy = std::min(low_energy, energy.low);
    high_energy = std::max(high_energy, energy.high);
    low_quality = std::min(low_quality, reached.low);
    high_quality = std::max(high_quality, reached.high);
  }
  const auto [from, to] = energy_range(low_energy, high_energy);
  const bool is_percent = quality.unit == "%";
  const Interval seen = quality_range(low_quality, high_quality, quality);
  const Axis x{from, to, 48, width - 12.0};
  const Axis y{seen.low, seen.high, height - 40.0, 12};
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"{3} over energy per {4}, {2} entries; the table has the figures\">",
      width, height, points.size(), escape_html(quality.name), per);
  svg += quality_grid(x, y, quality);
  svg += energy_grid(x, y.to, y.from);
  svg += text_at((x.from + x.to) / 2, height - 4, "axis", "energy per " + per + " (logarithmic)",
                 "middle");
  svg += floor_lines(x, y, quality);
  std::vector<Box> taken;
  for (const ChartPoint& point : points) {
    const double cx = x.at(std::log10(point.joules.value));
    const double cy = y.at(point.quality.value);
    taken.push_back({cx - 5, cy - 5, cx + 5, cy + 5});
  }
  for (const ChartPoint& point : points) {
    const double cx = x.at(std::log10(point.joules.value));
    const double cy = y.at(point.quality.value);
    const Interval energy = reach(point.joules);
    const Interval reached = reach(point.quality);
    svg += fmt::format(
        "<a href=\"{}\"><g class=\"{}\"><title>{}</title>", escape_html(point.link),
        point.is_front ? "point front" : "point",
        escape_html(fmt::format("{}: {} per {}, {}{}", point.name, joules_text(point.joules.value),
                                per, value_text(point.quality, 1), is_percent ? " %" : "")));
    svg += line(x.at(std::log10(energy.low)), cy, x.at(std::log10(energy.high)), cy, "interval");
    svg += line(cx, y.at(reached.low), cx, y.at(reached.high), "interval");
    svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4.5\"/>", px(cx), px(cy));
    // The name stands where it covers nothing; where there is no room, the table has it.
    const double length = 7.0 * static_cast<double>(text_width(point.name));
    const struct {
      double dx, dy;
      const char* anchor;
    } places[] = {{9, -6, "start"}, {-9, -6, "end"}, {9, 15, "start"}, {-9, 15, "end"}};
    for (const auto& place : places) {
      const double left = place.dx > 0 ? cx + place.dx : cx + place.dx - length;
      const Box box{left, cy + place.dy - 11, left + length, cy + place.dy + 3};
      if (box.left < x.from || box.right > x.to || box.top < 0 || box.bottom > y.from) continue;
      if (std::any_of(taken.begin(), taken.end(),
                      [&](const Box& other) { return box.meets(other); })) {
        continue;
      }
      taken.push_back(box);
      svg += text_at(cx + place.dx, cy + place.dy, "name", point.name, place.anchor);
      break;
    }
    svg += "</g></a>";
  }
  return svg + "</svg>";
}

std::string energy_quality_rows(const std::vector<ChartRow>& rows, const std::string& energy,
                                const QualityAxis& quality, int width) {
  if (rows.empty()) return {};
  constexpr double kRow = 19;
  constexpr double kTop = 18;
  std::size_t longest = 0;
  std::size_t groups = 0;
  Interval joules = reach(rows.front().energy);
  Interval values = reach(rows.front().quality);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    longest = std::max(longest, text_width(rows[i].name));
    groups += i == 0 || rows[i].group != rows[i - 1].group ? 1u : 0u;
    const Interval one = reach(rows[i].energy);
    joules = {std::min(joules.low, one.low), std::max(joules.high, one.high)};
    const Interval other = reach(rows[i].quality);
    values = {std::min(values.low, other.low), std::max(values.high, other.high)};
  }
  const double names = std::min(12 + 6.9 * static_cast<double>(longest), 0.42 * width);
  const double half = (width - names - 44) / 2;
  const auto [from, to] = energy_range(joules.low, joules.high);
  const Interval seen = quality_range(values.low, values.high, quality);
  const Axis x{from, to, names + 10, names + 10 + half};
  const Axis y{seen.low, seen.high, names + 30 + half, names + 30 + 2 * half};
  const double bottom = kTop + kRow * static_cast<double>(rows.size() + groups) + 4;
  std::string svg = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"{2} and {3} of {4} entries on {5} tracks; the tracks' tables have the "
      "figures\">",
      width, bottom + 22, escape_html(energy), escape_html(quality.name), rows.size(), groups);
  svg += text_at(x.from, 10, "axis", energy);
  svg += text_at(y.from, 10, "axis",
                 quality.unit.empty() ? quality.name : quality.name + ", " + quality.unit);
  svg += energy_grid(x, kTop, bottom);
  const double step = nice_step(y.high - y.low, 4);
  for (double tick = std::ceil(y.low / step) * step; tick <= y.high + 1e-9; tick += step) {
    svg += line(y.at(tick), kTop, y.at(tick), bottom, "grid");
    svg += text_at(y.at(tick), bottom + 16, "tick", tick_label(tick, step), "middle");
  }
  double at = kTop;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ChartRow& row = rows[i];
    if (i == 0 || row.group != rows[i - 1].group) {
      at += kRow;
      svg += text_at(0, at - 2, "group", row.group);
    }
    at += kRow;
    const double middle = at - kRow / 2;
    svg += fmt::format(
        "<a href=\"{}\"><g class=\"point front\"><title>{}</title>", escape_html(row.link),
        escape_html(fmt::format("{}, {}: {}, {}{}", row.group, row.name,
                                joules_text(row.energy.value), value_text(row.quality, 1),
                                quality.unit.empty() ? "" : " " + quality.unit)));
    svg += text_at(names, middle + 4, "name", row.name, "end");
    const Interval spent = reach(row.energy);
    svg +=
        line(x.at(std::log10(spent.low)), middle, x.at(std::log10(spent.high)), middle, "interval");
    const Interval reached = reach(row.quality);
    svg += line(y.at(reached.low), middle, y.at(reached.high), middle, "interval");
    for (const double centre : {x.at(std::log10(row.energy.value)), y.at(row.quality.value)}) {
      svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\"/>", px(centre), px(middle));
    }
    svg += "</g></a>";
  }
  return svg + "</svg>";
}

std::string training_curve_chart(const std::vector<BlockScore>& blocks, const QualityAxis& quality,
                                 int width, int height) {
  double most = 0;
  double low = 100;
  double high = 0;
  for (const BlockScore& block : blocks) {
    for (const CurvePoint& point : block.curve) {
      if (!point.joules) continue;
      most = std::max(most, point.joules->value);
      low = std::min(low, 100 * point.accuracy);
      high = std::max(high, 100 * point.accuracy);
    }
  }
  if (most <= 0) return {};
  const Interval seen = quality_range(low, high, quality);
  const EnergyUnit unit = energy_unit_for({&most, 1});
  const Axis x{0, most / unit.joules, 48, width - 12.0};
  const Axis y{seen.low, seen.high, height - 40.0, 12};
  std::string svg = fmt::format(
      "<svg class=\"chart curve\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "role=\"img\" aria-label=\"Accuracy over the energy of the training, {2} blocks\">",
      width, height, blocks.size());
  svg += quality_grid(x, y, quality);
  const double step = nice_step(x.high, width > 500 ? 10 : 5);
  for (double tick = 0; tick <= x.high * (1 + 1e-9); tick += step) {
    svg += line(x.at(tick), y.to, x.at(tick), y.from, "grid");
    svg += text_at(x.at(tick), y.from + 16, "tick",
                   fmt::format("{:g}", std::round(tick * 1e6) / 1e6), "middle");
  }
  svg += text_at((x.from + x.to) / 2, height - 4, "axis",
                 std::string("energy used so far, ") + unit.name, "middle");
  svg += floor_lines(x, y, quality);
  int shown = 0;
  for (const BlockScore& block : blocks) {
    std::string path;
    std::string dots;
    for (const CurvePoint& point : block.curve) {
      if (!point.joules) continue;
      const std::string cx = px(x.at(point.joules->value / unit.joules));
      const std::string cy = px(y.at(100 * point.accuracy));
      path += fmt::format("{}{} {}", path.empty() ? "M" : "L", cx, cy);
      dots += fmt::format(
          "<circle cx=\"{}\" cy=\"{}\" r=\"2\"><title>block {}, {:.2f} s: {}, {:.2f} %</title>"
          "</circle>",
          cx, cy, block.number, point.at.count(), joules_text(point.joules->value),
          point.accuracy * 100);
    }
    if (path.empty()) continue;
    svg += fmt::format("<g class=\"block\"><path class=\"power power-{}\" d=\"{}\"/>{}</g>",
                       shown++ % 4, path, dots);
  }
  return svg + "</svg>";
}

std::string interval_bar(const Estimate& estimate, const BarScale& scale) {
  const auto map = [&](double value) { return scale.logarithmic ? std::log(value) : value; };
  const Axis x{map(scale.low), map(scale.high), 2, 94};
  const auto at = [&](double value) {
    return std::clamp(x.high > x.low ? x.at(map(value)) : 48.0, 2.0, 94.0);
  };
  std::string svg =
      "<svg class=\"bar\" viewBox=\"0 0 96 14\" width=\"96\" height=\"14\" aria-hidden=\"true\">";
  svg += line(2, 7, 94, 7, "track");
  if (estimate.interval) {
    const double left = at(estimate.interval->low);
    const double right = at(estimate.interval->high);
    svg += fmt::format("<rect x=\"{}\" y=\"4\" width=\"{}\" height=\"6\" class=\"span\"/>",
                       px(left), px(std::max(right - left, 1.0)));
  }
  return svg + line(at(estimate.value), 1, at(estimate.value), 13, "value") + "</svg>";
}

std::string power_trace_chart(const EnergyTrace& trace, int width, int height) {
  struct Step {
    double from, to, watts;
  };
  std::optional<SteadyTime> origin;
  for (const EnergySample& sample : trace.samples) {
    if (!origin || sample.before < *origin) origin = sample.before;
  }
  if (!origin) return {};
  const auto seconds = [&](SteadyTime time) { return Seconds(time - *origin).count(); };
  const auto middle = [&](const EnergySample& sample) {
    return (seconds(sample.before) + seconds(sample.after)) / 2;
  };
  std::vector<std::vector<Step>> steps(trace.domains.size());
  double end = 0;
  double most = 0;
  for (std::size_t domain = 0; domain < trace.domains.size(); ++domain) {
    if (!trace.domains[domain].in_total) continue;
    std::vector<const EnergySample*> samples;
    for (const EnergySample& sample : trace.samples) {
      if (sample.domain == domain) samples.push_back(&sample);
    }
    // At most one step for every two pixels: several readings become their exact mean power.
    const std::size_t stride =
        std::max<std::size_t>(1, samples.size() * 2 / static_cast<std::size_t>(width));
    for (std::size_t i = 0; i + 1 < samples.size(); i += stride) {
      const EnergySample& first = *samples[i];
      const EnergySample& last = *samples[std::min(i + stride, samples.size() - 1)];
      const double from = middle(first);
      const double to = middle(last);
      if (!first.joules || !last.joules || !(to > from)) continue;
      const double watts = (*last.joules - *first.joules).value / (to - from);
      steps[domain].push_back({from, to, watts});
      most = std::max(most, watts);
      end = std::max(end, to);
    }
  }
  if (end <= 0) return {};
  if (most <= 0) most = 1;
  const Axis x{0, end, 48, width - 8.0};
  const Axis y{0, most * 1.1, height - 28.0, 16};
  std::string svg = fmt::format(
      "<svg class=\"trace\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"Power over time\">",
      width, height);
  const double step = nice_step(y.high, 3);
  for (double tick = 0; tick <= y.high; tick += step) {
    svg += line(x.from, y.at(tick), x.to, y.at(tick), "grid");
    svg += text_at(x.from - 6, y.at(tick) + 4, "tick",
                   fmt::format("{:g}", std::round(tick * 1e6) / 1e6), "end");
  }
  const double time_step = nice_step(end, width > 500 ? 10 : 5);
  for (double tick = 0; tick <= end; tick += time_step) {
    svg += line(x.at(tick), y.from, x.at(tick), y.from + 4, "grid");
    svg += text_at(x.at(tick), height - 12, "tick",
                   fmt::format("{:g}", std::round(tick * 1e6) / 1e6), "middle");
  }
  svg += text_at(x.from - 6, 10, "axis", "W", "end");
  svg += text_at(x.to, height - 1, "axis", "s", "end");
  for (const TraceMark& mark : trace.marks) {
    const double at = seconds(mark.time);
    if (at < 0 || at > end) continue;
    svg += fmt::format("<g class=\"mark\"><title>{}</title>{}</g>",
                       escape_html(printable(fmt::format("{} at {:.3f} s", mark.name, at), 200)),
                       line(x.at(at), y.to, x.at(at), y.from, "mark-line"));
  }
  int shown = 0;
  for (std::size_t domain = 0; domain < steps.size(); ++domain) {
    if (steps[domain].empty()) continue;
    std::string path;
    double last_to = -1;
    for (const Step& one : steps[domain]) {
      path += one.from == last_to ? fmt::format("V{}H{}", px(y.at(one.watts)), px(x.at(one.to)))
                                  : fmt::format("M{} {}H{}", px(x.at(one.from)),
                                                px(y.at(one.watts)), px(x.at(one.to)));
      last_to = one.to;
    }
    svg += fmt::format("<path class=\"power power-{}\" d=\"{}\"><title>{}</title></path>",
                       shown % 4, path, escape_html(printable(trace.domains[domain].name, 200)));
    ++shown;
  }
  return svg + "</svg>";
}

}  // namespace joulebench
