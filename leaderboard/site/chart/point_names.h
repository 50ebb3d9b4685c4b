#pragma once

#include <string>
#include <vector>

namespace joulebench {

/// A point of a chart that is as wide as its page.
struct NamedPoint {
  std::string name;
  double across = 0;  // share of the plot's width
  double y = 0;       // pixels from its top
  int weight = 0;     // whose name comes first; 0: it has no name, only names keep off it
};

/// Names beside points, once for wide pages and once for phones, each so that no name meets another
/// or a point at any width that it is shown at. Where there is no room, the table has the name.
std::string names_beside(const std::vector<NamedPoint>& points, double height);

}  // namespace joulebench
