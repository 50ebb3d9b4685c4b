#pragma once

#include <optional>
#include <string>

#include "core/competition.h"

namespace joulebench {

/// How many blocks tell 1, 2, 3 and 5 % apart with 90 % power, a line each: at the noise that was
/// measured, or at three assumed ones.
std::string power_text(const Track& track, std::optional<double> noise);

}  // namespace joulebench
