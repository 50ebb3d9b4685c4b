#pragma once

#include <string>

#include "scoring/score.h"

namespace joulebench {

/// A measured score on a node with such processors: blocks of 100 samples, one a round, that cost
/// `joules` each, give or take `noise` of it, the same on every node. An entry named "base" is the
/// baseline.
Score score_on_node(const std::string& name, const std::string& node, const std::string& processors,
                    double joules, double noise, int blocks);

}  // namespace joulebench
