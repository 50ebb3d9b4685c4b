#include "leaderboard/site/chart/point_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/axes.h"

namespace joulebench {
namespace {

/// Widths of the plot that a set of names is shown at, in pixels, and how many names it has.
struct Widths {
  double least, most;
  std::size_t names;
  const char* css;
};
constexpr Widths kWide{590, 1130, 16, "for-wide"};
constexpr Widths kPhone{225, 640, 7, "for-phone"};

constexpr double kLetter = 7;  // pixels, of the style sheet's 13 px
constexpr std::size_t kMostLetters = 26;

/// A box that moves with the plot's width: its middle lies at a share of it, plus pixels.
struct MovingBox {
  double across, dx;  // of its middle
  double half, top, bottom;

  double middle(double width) const { return across * width + dx; }
};

/// Both positions are straight lines over the width, so two boxes that stand apart on the same side
/// at both ends stand apart in between.
bool apart(const MovingBox& a, const MovingBox& b, const Widths& widths) {
  if (a.bottom <= b.top || b.bottom <= a.top) return true;
  const double room = a.half + b.half;
  const double least = b.middle(widths.least) - a.middle(widths.least);
  const double most = b.middle(widths.most) - a.middle(widths.most);
  return (least >= room && most >= room) || (-least >= room && -most >= room);
}

bool fits(const MovingBox& box, const Widths& widths, double height) {
  for (const double width : {widths.least, widths.most}) {
    if (box.middle(width) - box.half < 0 || box.middle(width) + box.half > width) return false;
  }
  return box.top >= -8 && box.bottom <= height;
}

std::string short_name(const std::string& name) {
  if (text_width(name) <= kMostLetters) return name;
  std::size_t end = 0;
  for (std::size_t letters = 0; end < name.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(name[end]) & 0xc0u) != 0x80u;
    if (begins && letters++ == kMostLetters - 1) break;
  }
  return name.substr(0, end) + "…";
}

/// The name where it meets nothing; adds the room that it takes.
std::string placed(const NamedPoint& point, const Widths& widths, double height,
                   std::vector<MovingBox>& taken) {
  const std::string name = short_name(point.name);
  const double half = kLetter * static_cast<double>(text_width(name)) / 2;
  const struct { double dx, dy; } places[] = {{9, -7}, {-9, -7}, {9, 16}, {-9, 16}};
  for (const auto& place : places) {
    const MovingBox box{.across = point.across,
                        .dx = place.dx > 0 ? place.dx + half : place.dx - half,
                        .half = half,
                        .top = point.y + place.dy - 11,
                        .bottom = point.y + place.dy + 3};
    const bool is_free = std::all_of(taken.begin(), taken.end(), [&](const MovingBox& other) {
      return apart(box, other, widths);
    });
    if (!is_free || !fits(box, widths, height)) continue;
    taken.push_back(box);
    return fmt::format("<text x=\"{}%\" y=\"{}\" dx=\"{}\" class=\"name\"{}>{}</text>",
                       px(point.across * 100), px(point.y + place.dy), px(place.dx),
                       place.dx > 0 ? "" : " text-anchor=\"end\"", escape_html(name));
  }
  return {};
}

std::string names_at(const std::vector<NamedPoint>& points, const Widths& widths, double height) {
  std::vector<MovingBox> taken;
  std::vector<const NamedPoint*> order;
  for (const NamedPoint& point : points) {
    taken.push_back({point.across, 0, 5, point.y - 5, point.y + 5});
    if (point.weight > 0) order.push_back(&point);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const NamedPoint* a, const NamedPoint* b) { return a->weight > b->weight; });
  std::string names;
  std::size_t drawn = 0;
  for (const NamedPoint* point : order) {
    if (drawn == widths.names) break;
    const std::string name = placed(*point, widths, height, taken);
    drawn += name.empty() ? 0 : 1;
    names += name;
  }
  return fmt::format("<g class=\"names {}\" aria-hidden=\"true\">{}</g>", widths.css, names);
}

}  // namespace

std::string names_beside(const std::vector<NamedPoint>& points, double height) {
  return names_at(points, kWide, height) + names_at(points, kPhone, height);
}

}  // namespace joulebench
