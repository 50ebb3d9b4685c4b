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

/// How the track ranks, as its rule describes itself, in the site's language.
std::string rule_text(const Track& track, const Texts& say);

/// What a board says to its reader ("results are shown from ...") in the site's language.
std::string note_words(const std::string& note, const Texts& say);

/// What interval_text() says, in the site's language: "6.91 to 7.53".
std::string interval_words(const std::string& interval, const Texts& say);

/// How the metric's figure and interval came about.
std::string metric_text(const Metric& metric);

}  // namespace joulebench
