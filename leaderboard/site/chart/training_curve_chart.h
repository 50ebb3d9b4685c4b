#pragma once

#include <string>
#include <vector>

#include "leaderboard/site/chart/axes.h"
#include "scoring/score.h"

namespace joulebench {

/// Accuracy on the validation samples over the energy that a training had used until then: one line
/// a block with a dot at each checkpoint, floors as lines; in percent. Empty when there is no
/// point.
std::string training_curve_chart(const std::vector<BlockScore>& blocks, const QualityAxis& quality,
                                 int width, int height);

}  // namespace joulebench
