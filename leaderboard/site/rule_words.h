#pragma once

#include <string>

#include "core/competition.h"
#include "leaderboard/site/texts.h"
#include "scoring/ranking.h"

namespace joulebench {

/// "balanced-accuracy" -> "Balanced accuracy"
std::string metric_title(const Metric& metric);

/// A category's title in the site's language: "accuracy at least 95 %".
std::string category_title(const RankedCategory& category, const Texts& say);

/// How the metric's figure and interval came about.
std::string metric_text(const Metric& metric);

}  // namespace joulebench
