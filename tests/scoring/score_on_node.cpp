#include "tests/scoring/score_on_node.h"

#include <cmath>

namespace joulebench {

Score score_on_node(const std::string& name, const std::string& node, const std::string& processors,
                    double joules, double noise, int blocks) {
  Score score{.entry_id = name, .entry_name = name, .is_baseline = name == "base"};
  score.outcome = Outcome::valid;
  score.accuracy = Estimate{0.97, Interval{0.96, 0.98}};
  score.energy_class = EnergyClass::measured;
  score.total_formula = "cpu-package-0";
  score.source = "powercap";
  score.node = node + ", " + processors;
  score.machine = processors + ", Linux 6.1";
  score.mean_watts = Watts{20};
  score.samples = 1000;
  score.blocks = blocks;
  double sum = 0;
  for (int i = 0; i < blocks; ++i) {
    const double value = joules * std::exp(noise * (i % 2 == 0 ? 1 : -1));
    sum += std::log(value / 100);
    score.block_scores.push_back({.number = i + 1,
                                  .round = i + 1,
                                  .session = "2026-12-01T08:00:00.000Z",
                                  .passes = 1,
                                  .samples = 100,
                                  .scored = 100,
                                  .correct = 97,
                                  .joules = Joules{value}});
  }
  score.joules_per_sample = Estimate{std::exp(sum / blocks), std::nullopt};
  return score;
}

}  // namespace joulebench
