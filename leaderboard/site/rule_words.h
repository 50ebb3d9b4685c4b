#pragma once

#include <string>

#include "core/competition.h"

namespace joulebench {

/// "balanced-accuracy" -> "Balanced accuracy"
std::string metric_title(const Metric& metric);

/// How the metric's figure and interval came about.
std::string metric_text(const Metric& metric);

}  // namespace joulebench
