#pragma once

#include "leaderboard/site/template.h"
#include "leaderboard/site/texts.h"
#include "scoring/score.h"

namespace joulebench {

/// Which classes an entry answers worst, and where they are few, all of them as a matrix.
void put_answers(Values& page, const Score& score, const Texts& say);

}  // namespace joulebench
