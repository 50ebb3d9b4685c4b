#include "leaderboard/site/chart/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

/// 0.0123 J -> "12.3 mJ"
std::string joules_label(double joules) {
  const double one[] = {joules};
  const EnergyUnit unit = energy_unit_for(one);
  return rounded_number(joules / unit.joules, 4) + " " + unit.name;
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

std::string px(double value) {
  const double rounded = std::round(value * 10) / 10;
  return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

std::string short_tick(double value) {
  return grouped(rounded_number(value, 6));
}

std::string text_at(double x, double y, const char* css, std::string_view text,
                    const char* anchor) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" text-anchor=\"{}\">{}</text>", px(x),
                     px(y), css, anchor, escape_html(text));
}

std::string line(double x1, double y1, double x2, double y2, const char* css) {
  return fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>", px(x1), px(y1),
                     px(x2), px(y2), css);
}

Interval reach(const Estimate& estimate) {
  return estimate.interval.value_or(Interval{estimate.value, estimate.value});
}

Interval joined(const Interval& a, const Interval& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

double nice_step(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

std::string tick_label(double tick, double step) {
  const double whole = std::round(tick / step * 1e3) / 1e3 * step;
  return grouped(rounded_number(whole == 0 ? 0.0 : whole, 6));  // never "-0"
}

Interval energy_range(const Interval& joules) {
  const double from = std::log10(joules.low) - 0.12;
  const double to = std::log10(joules.high) + 0.12;
  if (to - from >= 0.5) return {from, to};
  const double middle = (from + to) / 2;
  return {middle - 0.25, middle + 0.25};
}

Interval quality_range(const Interval& values, const QualityAxis& quality) {
  const bool is_percent = quality.unit == "%";
  const double least = is_percent ? 1 : std::max(1e-9, std::abs(values.high) * 0.01);
  const double margin = std::max(least, (values.high - values.low) * 0.08);
  if (!is_percent) return {values.low - margin, values.high + margin};
  return {std::max(0.0, values.low - margin), std::min(100.0, values.high + margin)};
}

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

int units(double value) {
  return static_cast<int>(std::lround(value));
}

}  // namespace joulebench
