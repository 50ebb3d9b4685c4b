#include "scoring/held.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace joulebench {
namespace {

constexpr std::array<std::string_view, 4> kHolding = {"answer-caching", "coalescing",
                                                      "mode-switching", "work-before-training"};

}  // namespace

bool is_held(const Flag& flag) {
  return std::find(kHolding.begin(), kHolding.end(), flag.name) != kHolding.end();
}

bool is_caveat(const Flag& flag) {
  return flag.name != "plan-grown";
}

std::vector<Flag> holding_flags(std::span<const Flag> flags) {
  std::vector<Flag> holding;
  std::copy_if(flags.begin(), flags.end(), std::back_inserter(holding), is_held);
  return holding;
}

}  // namespace joulebench
