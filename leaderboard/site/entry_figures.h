#pragma once

#include <optional>
#include <vector>

#include "core/carbon.h"
#include "leaderboard/site/template.h"
#include "leaderboard/site/texts.h"
#include "scoring/score.h"

namespace joulebench {

/// The rows of an entry's table of figures: what each is, its interval and where it comes from.
std::vector<Values> entry_figures(const Score& score, const std::optional<CarbonRule>& carbon,
                                  const Texts& say);

}  // namespace joulebench
