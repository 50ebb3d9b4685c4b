#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/competition.h"

namespace joulebench {

/// Which floors a test part of so many samples proves, a line each; empty: the rule asks no proof
/// of accuracy.
std::string floor_text(const Track& track, std::uint64_t samples);

/// How blocks are added, where the track adds them; else empty.
std::string added_blocks_text(const Track& track);

/// What one block of each takes, and of whom: "one entry", "all 4 entries".
struct BlockTime {
  Seconds time{0};
  std::string of;
};
/// How many blocks tell 1, 2, 3 and 5 % apart with 90 % power, and how long they take: at the noise
/// that was measured, or at three assumed ones.
std::string power_text(const Track& track, std::optional<double> noise, const BlockTime& block);

}  // namespace joulebench
