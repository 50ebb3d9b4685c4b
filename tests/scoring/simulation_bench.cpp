// Not a test: prints what simulated campaigns say about the statistics, and what they must reach.
// build/release/bin/simulation_bench [RUNS]
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "scoring/simulated_campaign.h"

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 0;
  std::cout << fmt::format("{:<66}{:>9}{:>16}\n", "case", "share", "wanted");
  for (const auto& one : joulebench::support::simulated_cases()) {
    std::cout << fmt::format("{:<66}{:>8.1f}%{:>9.1f} to {:.1f} %\n", one.what,
                             100 * one.figure(7, runs > 0 ? runs : one.runs), 100 * one.low,
                             100 * one.high)
              << std::flush;
  }
}
