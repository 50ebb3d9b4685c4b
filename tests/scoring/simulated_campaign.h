#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "scoring/score.h"

namespace joulebench::support {

/// A campaign whose truth is known: every entry one block a round, all blocks of a round under the
/// same drift. Logarithms of joules per sample are level + drift of the round + shift of the
/// session
/// + noise of the block.
struct SimulatedCampaign {
  std::vector<double> levels;  // of each entry, on the logarithm
  std::vector<double> noise;   // standard deviation of each entry's blocks
  int blocks = 5;
  double drift = 0;          // standard deviation of what rounds add
  double persistence = 0.9;  // of the drift from round to round: AR(1)
  bool has_rounds = true;    // its records say which block ran in which round
  std::string session;       // and in which session
  double session_shift = 0;  // what the session adds to all its blocks
};

/// `count` entries of one noise and one level.
SimulatedCampaign alike(std::size_t count, double noise);

/// Draws its scores; accuracy is 0.97 of 1,000 samples. Names are "e0", "e1", ...
std::vector<Score> draw(const SimulatedCampaign& campaign, std::mt19937_64& random);

/// A normal draw that is the same with every standard library.
double draw_normal(std::mt19937_64& random);

/// A table's row: what was simulated, the figure, and the range that it must lie in.
struct SimulatedCase {
  std::string what;
  double low = 0;
  double high = 1;
  double (*figure)(std::uint64_t seed, int runs) = nullptr;
  int runs = 2000;
};
/// The statistics of a real machine and what they must reach: see README.md of scoring.
std::vector<SimulatedCase> simulated_cases();

}  // namespace joulebench::support
