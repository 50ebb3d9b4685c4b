#pragma once

#include <span>
#include <vector>

#include "core/energy.h"
#include "scoring/score.h"

namespace joulebench {

/// Whether a flag of this name keeps an entry out of the ranks until the organizer decides: an
/// audit found what a program that computes each answer in its window does not show. The only list
/// of these names; the program's report to a participant and the board go by it.
bool is_held(const Flag& flag);

/// Whether a flag may have spoiled a figure; others only tell how it came about.
bool is_caveat(const Flag& flag);

/// Those of `flags` that hold, in their order.
std::vector<Flag> holding_flags(std::span<const Flag> flags);

}  // namespace joulebench
