#include "campaign/session_plan.h"

#include <algorithm>

#include "campaign/plan.h"

namespace joulebench {

std::size_t most_in_session(const Track& track, std::size_t baselines) {
  const double fit = kLongestRound / expected_block_time(track);
  const auto blocks = static_cast<std::size_t>(std::max(1.0, std::min(fit, 1e6)));
  return blocks > baselines + 1 ? blocks - baselines : 1;
}

std::vector<std::vector<std::size_t>> share_out(std::size_t entries, std::size_t nodes,
                                                std::size_t most) {
  std::size_t sessions = (entries + most - 1) / most;
  sessions = (sessions + nodes - 1) / nodes * nodes;
  std::vector<std::vector<std::size_t>> shares(std::min(sessions, entries));
  for (std::size_t i = 0; i < entries; ++i) shares[i % shares.size()].push_back(i);
  return shares;
}

}  // namespace joulebench
