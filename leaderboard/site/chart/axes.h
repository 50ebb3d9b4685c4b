#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/statistics.h"

namespace joulebench {

/// The width of a drawing in units of its own, which the page stretches to its width.
constexpr double kAcross = 1000;

/// Rounded to whole ones, which are finer than a screen shows.
int units(double value);

// What all drawings are made of. Drawings are inline SVG: pure functions of their arguments,
// coloured by the page's style sheet, every text escaped. Each is drawn for a width in pixels, so
// that its letters stay readable on a phone.

/// What stands on the upright axis.
struct QualityAxis {
  std::string name = "Accuracy";
  std::string unit = "%";       // "" where it has none
  bool less_is_better = false;  // floors are then ceilings
  std::vector<double> floors;   // as shown
};

/// A linear map from values to pixels.
struct Axis {
  double low = 0;
  double high = 1;
  double from = 0;  // pixel of low
  double to = 1;    // pixel of high
  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

/// A rectangle, in pixels.
struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

/// &, <, >, and both quotes as entities.
std::string escape_html(std::string_view text);

/// Pixels with a tenth; "-0.0" is "0.0", so that the same drawing has the same bytes.
std::string px(double value);
/// "12.5" of 12.500000000000002, for a tick.
std::string short_tick(double value);

/// SVG elements; `css` is a class of the style sheet.
std::string text_at(double x, double y, const char* css, std::string_view text,
                    const char* anchor = "start");
std::string line(double x1, double y1, double x2, double y2, const char* css);

/// The estimate's interval, or its value as one.
Interval reach(const Estimate& estimate);
/// The least interval that holds both.
Interval joined(const Interval& a, const Interval& b);

/// Steps of 1, 2 or 5 times a power of ten; about `count` of them in `span`.
double nice_step(double span, int count);
/// "0.35" of 0.35000000000000003: a tick of an axis with this step.
std::string tick_label(double tick, double step);

/// Ends of a logarithmic axis of joules, as powers of ten. Half a decade at the least, so that a
/// single entry does not look as if it were far from itself.
Interval energy_range(const Interval& joules);
/// Ends of a linear axis with room beside what it shows; of percent never beyond 0 and 100.
Interval quality_range(const Interval& values, const QualityAxis& quality);

/// Lines and figures of the upright axis.
std::string quality_grid(const Axis& x, const Axis& y, const QualityAxis& quality);
std::string floor_lines(const Axis& x, const Axis& y, const QualityAxis& quality);
/// Lines at 1, 2 and 5 times the powers of ten of a logarithmic axis, with joules below as many of
/// them as there is room for.
std::string energy_grid(const Axis& x, double top, double bottom);

}  // namespace joulebench
